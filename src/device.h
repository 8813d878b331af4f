/* /dev/fuse among the open files of a process, and what it serves. */
#ifndef FINI_DEVICE_H
#define FINI_DEVICE_H

#include <stdbool.h>

struct proc_file;

enum device {
	DEVICE_NOT,    /* some other file */
	DEVICE_IDLE,   /* opened, but nothing is mounted with it */
	DEVICE_UNTOLD, /* this kernel does not tell what it serves */
	DEVICE_SERVES  /* *connection */
};

/*
 * Looks at an open file, by its name and its fdinfo ("fuse_connection:",
 * Linux 6.16, 514d9210bf45), never at what it leads to.
 */
enum device device_look(int proc, const struct proc_file *file,
    unsigned *connection);

/* Does this kernel tell? Linux 6.16 or later does (514d9210bf45). */
bool device_told(void);

#endif
