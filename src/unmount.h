/*
 * Unmounts, in a child and never longer than a deadline: umount2(2) walks a
 * path, writes back, and for fuseblk waits for the server's answer.
 */
#ifndef FINI_UNMOUNT_H
#define FINI_UNMOUNT_H

#include <sys/types.h>

struct population;

/*
 * A flag of ours: the namespace becomes private first, so that the others keep
 * what is unmounted in it (an unmount propagates as the mount below it does:
 * propagate_umount(), fs/pnode.c), and it gets nothing of what comes later.
 */
#define UNMOUNT_HERE_ONLY (1 << 30)

enum unmount_result {
	UNMOUNT_DONE,	 /* every mount of the connection */
	UNMOUNT_NONE,	 /* there was none in that namespace */
	UNMOUNT_BUSY,	 /* EBUSY: umount2(2) was tried */
	UNMOUNT_COVERED, /* another mount lies over it: not tried */
	UNMOUNT_DENIED,	 /* EPERM: no CAP_SYS_ADMIN over it */
	UNMOUNT_FAILED,	 /* anything else */
	UNMOUNT_LATE	 /* the deadline came; the child was killed */
};

/*
 * Unmounts all mounts of connection `id`, the last mounted first, in our mount
 * namespace, or where `namespace_of` is not 0 in that process's (setns(2):
 * also CAP_SYS_CHROOT). Mounts that came by propagation from outside are not
 * ours to unmount, even under the same number. `flags` are umount2(2)'s. With MNT_FORCE the
 * connection is aborted even where UNMOUNT_BUSY comes back
 * (fuse_umount_begin(), fs/fuse/inode.c).
 */
enum unmount_result unmount_connection(struct population *population,
    unsigned id, int flags, pid_t namespace_of, int deadline_ms);

/*
 * Copies a mount point of the connection from mountinfo, "?" if there is
 * none, for a log line.
 */
void unmount_point(const struct population *population, unsigned id,
    char *point, size_t size);

#endif
