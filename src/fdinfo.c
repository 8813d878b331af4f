#include "src/fdinfo.h"

#include <stdlib.h>
#include <string.h>

#include "src/format.h"
#include "src/procfs.h"

#define PATH_SIZE 64

/* The number after "NAME:\t" at the start of a line; false if none. */
static bool
find_value(const char *text, const char *name, unsigned *value)
{
	size_t length = strlen(name);

	for (;;) {
		if (strncmp(text, name, length) == 0 && text[length] == ':') {
			*value = (unsigned)strtoul(text + length + 1, NULL, 10);
			return true;
		}
		text = strchr(text, '\n');
		if (!text)
			return false;
		text++;
	}
}

int
proc_fdinfo(int proc, pid_t pid, int number, struct proc_fdinfo *info)
{
	char path[PATH_SIZE], buffer[512];
	struct text t = text_over(path, sizeof(path));
	unsigned mount;

	text_format(&t, "%d/fdinfo/%d", pid, number);
	if (proc_read(proc, path, buffer, sizeof(buffer)) < 0)
		return -1;
	info->mount = find_value(buffer, "mnt_id", &mount) ? (int)mount : -1;
	info->has_connection =
	    find_value(buffer, "fuse_connection", &info->connection);
#ifdef FINI_NO_FDINFO
	info->has_connection = false; /* as before Linux 6.16, for tests */
#endif
	return 0;
}
