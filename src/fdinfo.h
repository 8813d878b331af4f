/* What /proc/PID/fdinfo tells of an open file, without touching the file. */
#ifndef FINI_FDINFO_H
#define FINI_FDINFO_H

#include <stdbool.h>
#include <sys/types.h>

struct proc_fdinfo {
	int mount; /* mnt_id, -1 if not told */
	bool has_connection;
	unsigned connection; /* "fuse_connection:", from Linux 6.16 */
};

/* /proc/PID/fdinfo/NUMBER. 0, or -1 and errno. */
int proc_fdinfo(int proc, pid_t pid, int number, struct proc_fdinfo *info);

#endif
