/* The kernel's own door to a connection: fusectl (fs/fuse/control.c). */
#ifndef FINI_FUSECTL_H
#define FINI_FUSECTL_H

#include <stdbool.h>

struct mount;

enum fusectl_door { FUSECTL_NONE, FUSECTL_VISIBLE, FUSECTL_PRIVATE };

struct fusectl {
	int visible; /* found in mountinfo before main could change it; -1 */
	int private; /* mounted nowhere; -1 */
	bool tried;  /* for the private one */
};

void fusectl_init(struct fusectl *fusectl);

/*
 * Keeps the root of a fusectl that mountinfo shows, if its path still leads to
 * it. Only before main is started: later the path could lead anywhere.
 */
void fusectl_see(struct fusectl *fusectl, const struct mount *mount);

/* Mounts the private one, once; needs CAP_SYS_ADMIN (private_mount()). */
void fusectl_prepare(struct fusectl *fusectl);

/*
 * Requests of connection `id` that are not answered yet (`waiting`: also
 * those that nobody waits for, such as RELEASE and write-back). 0 and the
 * number, or -1 and errno: ENOENT where the connection is gone or no fusectl
 * is to be had.
 */
int fusectl_waiting(const struct fusectl *fusectl, unsigned id,
    unsigned *waiting);

/* Can requests in flight be seen at all? */
bool fusectl_any(const struct fusectl *fusectl);

/*
 * Aborts connection `id` (fuse_abort_conn(), fs/fuse/dev.c): every request
 * ends with ECONNABORTED, every later one with ENOTCONN. The file is 0200 and
 * owned by the mount's user_id. Says through which door, FUSECTL_NONE if
 * through none.
 */
enum fusectl_door fusectl_abort(const struct fusectl *fusectl, unsigned id);

#endif
