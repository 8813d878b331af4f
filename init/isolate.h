/*
 * A server cannot hold what it cannot see. It runs in a mount namespace of its
 * own that shares propagation with ours; once its mount has come to us, it is
 * taken from the server's view: no thread of it can open, map or fault on what
 * it serves, and the cycle that hangs cannot form, not even when all processes
 * are SIGKILLed at once.
 */
#ifndef FINI_ISOLATE_H
#define FINI_ISOLATE_H

struct set;
struct view;

/* Makes our mounts shared, to receive what servers mount. -1 and errno. */
int isolate_prepare(void);

/* In the server's process, before execve(2): its namespace. -1 and errno. */
int isolate_enter(void);

/*
 * Removes the mounts of `connections` from their servers' view, as soon as we
 * have them ourselves, in a child with a deadline. NULL, or why they
 * could not be taken. A server that was faster, and holds a file of its own
 * mount already, is not what the user asked for.
 */
const char *isolate_hide(struct view *view, const struct set *connections);

#endif
