/*
 * What /proc/PID/fdinfo tells of an open file, without touching the file: on
 * which mount it lies, and if it is /dev/fuse, what it serves.
 */
#ifndef FINI_FDINFO_H
#define FINI_FDINFO_H

#include <stdbool.h>
#include <sys/types.h>

struct proc_files;

/* The mnt_id of an open file of `pid`; -1 if it is not told. */
int fdinfo_mount(int proc, pid_t pid, int number);

/*
 * The connection that /dev/fuse, open as `number` in `pid`, serves: by
 * "fuse_connection:" (Linux 6.16, 514d9210bf45), however long the file is. False
 * if it is not told.
 */
bool fdinfo_connection(int proc, pid_t pid, int number, unsigned *connection);

enum device {
	DEVICE_NOT,    /* some other file */
	DEVICE_IDLE,   /* opened, but nothing is mounted with it */
	DEVICE_UNTOLD, /* this kernel does not tell what it serves */
	DEVICE_SERVES  /* *connection */
};

/* By its device number, whatever its name, and by fdinfo_connection(). */
enum device fdinfo_device(const struct proc_files *files, unsigned *connection);

/* Does this kernel tell? Linux 6.16 or later does. */
bool fdinfo_tells_device(void);

#endif
