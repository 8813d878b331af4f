#include "src/device.h"

#include <string.h>
#include <sys/utsname.h>

#include "src/fdinfo.h"
#include "src/procfs.h"

static const char device_name[] = "/dev/fuse";

/*
 * "/dev/fuse", also below a chroot or in another mount namespace. Where
 * fdinfo tells the connection the name does not matter, it only spares
 * reading fdinfo of every file.
 */
static bool
may_be_device(const char *link)
{
	size_t length = strlen(link), tail = sizeof(device_name) - 1;

	return length >= tail && strcmp(link + length - tail, device_name) == 0;
}

bool
device_told(void)
{
#ifdef FINI_NO_FDINFO
	return false;
#else
	struct utsname kernel;
	unsigned part[2] = { 0, 0 };
	int i = 0;

	if (uname(&kernel) < 0)
		return false;
	for (const char *s = kernel.release; *s && i < 2; s++) {
		if (*s >= '0' && *s <= '9')
			part[i] = part[i] * 10 + (unsigned)(*s - '0');
		else if (*s == '.')
			i++;
		else
			break;
	}
	return part[0] > 6 || (part[0] == 6 && part[1] >= 16);
#endif
}

enum device
device_look(int proc, const struct proc_file *file, unsigned *connection)
{
	struct proc_fdinfo info;

	if (!may_be_device(file->link) ||
	    proc_fdinfo(proc, file->pid, file->number, &info) < 0)
		return DEVICE_NOT;
	if (!info.has_connection)
		return device_told() ? DEVICE_IDLE : DEVICE_UNTOLD;
	*connection = info.connection;
	return DEVICE_SERVES;
}
