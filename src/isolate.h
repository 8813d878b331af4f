/*
 * A server cannot hold what it cannot see. It runs in a mount namespace of its
 * own that shares propagation with ours; once its mount has come to us, it is
 * taken from the server's view: no thread of it can open, map or fault on what
 * it serves, and the cycle that hangs cannot form, not even when everybody is
 * SIGKILLed at once.
 */
#ifndef FINI_ISOLATE_H
#define FINI_ISOLATE_H

#include <stdint.h>

struct population;
struct registry;

/* Makes our mounts shared, to receive what servers mount. -1 and errno. */
int isolate_prepare(void);

/* In the server's process, before execve(2): its namespace. -1 and errno. */
int isolate_enter(void);

/*
 * Takes the mounts of `connections` from the view of who serves them, if we
 * have them ourselves. 0, or -1. In a child, with a deadline.
 */
int isolate_hide(const struct registry *registry, struct population *population,
    uint64_t connections);

#endif
