/* Descriptors of our own, and what can be known of one without asking. */
#ifndef FINI_FD_H
#define FINI_FD_H

#include <stddef.h>

#define STDIO 3 /* 0 to 2 */

struct statx;

/*
 * openat(2), readlinkat(2), for files that do not fit into 2 GB, too, and with
 * mode 0644 if one is made. musl's do more than the system call does, which is
 * of use before Linux 2.6.39 only.
 */
int fd_open(int directory, const char *path, int flags);
long fd_link(int directory, const char *path, char *buffer, size_t size);

/*
 * statx(2) of an open file that no FUSE server is asked for: an empty mask and
 * AT_STATX_DONT_SYNC (fuse_update_get_attr(), fs/fuse/dir.c; a test shows it
 * with a server that never answers). 0, or -1 and errno.
 */
int fd_look(int fd, struct statx *status);

/* The dev_t of its filesystem, as device_number() has it; 0: unknown. */
unsigned fd_device(int fd);

/* A dev_t as the kernel has it (MKDEV(), linux/kdev_t.h). */
unsigned device_number(unsigned major, unsigned minor);

/*
 * Moves a descriptor of ours to 3 or above: 0 to 2 are main's, closed ones too.
 * Returns the new one, close-on-exec; -1 and errno if `fd` is -1 or could not
 * be moved (then it is closed).
 */
int fd_above_stdio(int fd);

/* Closes `first` to `last`, both included; last may be ~0U. */
void fd_close_between(unsigned first, unsigned last);

/* Puts /dev/null in the place of `fd`, or nothing where there is none. */
void fd_replace_by_null(int fd);

/*
 * Raises the soft limit on open files to the hard one: pidfds and the files of
 * fusectl are needed now, and main has been started with the limit as it was.
 */
void fd_raise_limit(void);

#endif
