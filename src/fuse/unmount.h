/*
 * Unmounts, in a child and never longer than a deadline: umount2(2) walks a
 * path (src/fuse/walk.h), writes back, and for fuseblk waits for the server's
 * answer.
 */
#ifndef FINI_UNMOUNT_H
#define FINI_UNMOUNT_H

#include <sys/types.h>

struct set;
struct view;

/*
 * A flag of ours: the namespace becomes private first, so that the others keep
 * what is unmounted in it (an unmount propagates as the mount below it does:
 * propagate_umount(), fs/pnode.c), and it gets nothing of what comes later.
 */
#define UNMOUNT_HERE_ONLY (1 << 30)

/*
 * Another: nothing is unmounted. UNMOUNT_DONE if the last mount of the
 * connection is dead (ENOTCONN), UNMOUNT_BUSY if its server has answered.
 */
#define UNMOUNT_ASK (1 << 29)

enum unmount_result {
	UNMOUNT_NOT,	 /* not tried */
	UNMOUNT_DONE,	 /* every mount of the connection */
	UNMOUNT_NONE,	 /* there was none in that namespace */
	UNMOUNT_BUSY,	 /* EBUSY: umount2(2) was tried */
	UNMOUNT_COVERED, /* another mount lies over it: not tried */
	UNMOUNT_BEHIND,	 /* a foreign connection lies on the way: not tried */
	UNMOUNT_DENIED,	 /* EPERM: no CAP_SYS_ADMIN over it */
	UNMOUNT_FAILED,	 /* anything else */
	UNMOUNT_LATE	 /* the deadline came; the child was killed */
};

/* "done", "not mounted here", "busy" and so on. */
const char *unmount_result_name(enum unmount_result result);

/*
 * Unmounts all mounts of connection `id`, the last mounted first, in our mount
 * namespace, or where `namespace_of` is not 0 in that process's (setns(2):
 * also CAP_SYS_CHROOT). Mounts that came by propagation from outside are not
 * ours to unmount, even under the same number. `flags` are umount2(2)'s. With
 * MNT_FORCE the connection is aborted even where UNMOUNT_BUSY comes back
 * (fuse_umount_begin(), fs/fuse/inode.c).
 */
enum unmount_result unmount_connection(struct view *view, unsigned id,
    int flags, pid_t namespace_of, int deadline_ms);

/*
 * The same for many in our mount namespace, side by side. The results are in
 * the connections (connection.unmounted).
 */
void unmount_many(struct view *view, const struct set *connections, int flags,
    int deadline_ms);

#endif
