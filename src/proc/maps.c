#include "src/proc/maps.h"

#include <fcntl.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/proc/procfs.h"

void
maps_open(struct maps *m, int proc, pid_t pid)
{
	bytes_open(&m->file, proc_openat(proc, O_RDONLY, "%d/maps", pid));
}

static char
skip_to(struct maps *m, char wanted)
{
	char byte;

	do
		byte = bytes_next(&m->file);
	while (byte != wanted && byte != '\0');
	return byte;
}

/* Hexadecimal, and the byte behind it. */
static unsigned
number(struct maps *m)
{
	unsigned value = 0;
	char byte;

	while (((byte = bytes_next(&m->file)) >= '0' && byte <= '9') ||
	    (byte >= 'a' && byte <= 'f'))
		value = value * 16 +
		    (unsigned)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
	return value;
}

/* "55d0c4a00000-55d0c4a02000 r--p 00001000 fe:01 4711     /bin/true" */
bool
maps_next(struct maps *m, unsigned *device)
{
	unsigned major;

	for (int field = 0; field < 3; field++)
		(void)skip_to(m, ' ');
	major = number(m);
	*device = device_number(major, number(m));
	if (skip_to(m, '\n') == '\n')
		return true;
	if (m->file.fd >= 0)
		close(m->file.fd);
	return false;
}
