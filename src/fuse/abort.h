/*
 * The ladder: ways to end a connection by force, the first that works. Only
 * ever for connections of ours.
 */
#ifndef FINI_ABORT_H
#define FINI_ABORT_H

#include <stdbool.h>

struct set;
struct view;

enum abort_step {
	ABORT_NOT,     /* no step was seen to end it */
	ABORT_FUSECTL, /* a fusectl that mountinfo shows */
	ABORT_PRIVATE, /* a fusectl of our own, mounted nowhere */
	ABORT_UNMOUNT, /* umount2(MNT_FORCE), then MNT_DETACH */
	ABORT_ANSWER,  /* a duplicate of the server's /dev/fuse: EIO */
	ABORT_KILL     /* every holder of /dev/fuse was killed, and is dead */
};

/*
 * Aborts connections of ours, side by side, each by the first step that works;
 * which, connection.result says. What is pinned is aborted in no time; the rest
 * takes at most `deadline_ms` for unmounting, and as much for each one that has
 * to be answered for.
 *
 * A step counts if the connection was seen to end by it. The first three are
 * the kernel's own fuse_abort_conn() (fs/fuse/dev.c): when the call has
 * returned, it has. The last two kill the holders, and what is seen is their
 * death, or what a duplicate of their /dev/fuse says. A holder that is itself
 * stuck does not die by it, and requests that went over io_uring cannot be
 * answered for: then it is ABORT_NOT.
 */
void abort_connections(struct view *view, const struct set *connections,
    int deadline_ms);

/* The first step alone: needs no child, no look and no wait. */
bool abort_pinned(struct view *view, int connection);

/*
 * The second step, by umount2(2) in our mount namespace: takes out of
 * `connections` those that it has aborted.
 */
void abort_forced(struct view *view, struct set *connections, int deadline_ms);

/* "fusectl", "private fusectl", "umount", "pidfd_getfd", "kill", "nothing". */
const char *abort_step_name(enum abort_step step);

#endif
