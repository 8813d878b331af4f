#include "src/proc/fdinfo.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/base/text.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"

#ifdef FINI_NO_FDINFO
#define TOLD false /* as before Linux 6.16, for tests */
#else
#define TOLD true
#endif

#define FUSE_DEVICE \
	(10U << 20 | 229U) /* misc, FUSE_MINOR (linux/miscdevice.h) */

/*
 * The number after NAME at the start of a line; false if none. Locks, which
 * anybody can take, make the file long.
 */
static bool
find_value(int proc, pid_t pid, int number, const char *name, unsigned *value)
{
	unsigned long long found;
	char line[48];
	const char *rest = proc_value(proc, name, line, sizeof(line),
	    "%d/fdinfo/%d", pid, number);

	if (!rest || !digits(rest, UINT_MAX, &found))
		return false;
	*value = (unsigned)found;
	return true;
}

int
fdinfo_mount(int proc, pid_t pid, int number)
{
	unsigned mount;

	return find_value(proc, pid, number, "mnt_id:\t", &mount) ? (int)mount :
								    -1;
}

bool
fdinfo_connection(int proc, pid_t pid, int number, unsigned *connection)
{
	return TOLD &&
	    find_value(proc, pid, number, "fuse_connection:\t", connection);
}

bool
fdinfo_tells_device(void)
{
	struct utsname kernel;
	unsigned long long major, minor;
	const char *rest;

	if (uname(&kernel) < 0)
		return false;
	rest = digits(kernel.release, INT_MAX, &major);
	if (!rest || *rest != '.' || !digits(rest + 1, INT_MAX, &minor))
		return false;
	return TOLD && (major > 6 || (major == 6 && minor >= 16));
}

/* Where the number cannot be had, by its name, also below a chroot. */
static bool
is_device(const struct proc_files *f)
{
	static const char name[] = "/dev/fuse";
	size_t length = strlen(f->link), tail = sizeof(name) - 1;
	unsigned device;

	if (proc_file_device(f, &device) == 0)
		return device == FUSE_DEVICE;
	return length >= tail && strcmp(f->link + length - tail, name) == 0;
}

enum device
fdinfo_device(const struct proc_files *f, unsigned *connection)
{
	if (!is_device(f))
		return DEVICE_NOT;
	if (fdinfo_connection(f->proc, f->pid, f->number, connection))
		return DEVICE_SERVES;
	return fdinfo_tells_device() ? DEVICE_IDLE : DEVICE_UNTOLD;
}
