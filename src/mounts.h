/* The FUSE mounts that a mountinfo shows, in the registry. */
#ifndef FINI_MOUNTS_H
#define FINI_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

struct registry;

/*
 * Notes the FUSE mounts in the open mountinfo; `seen_by` is whose it is, 0 for
 * our own. 0, or -1 if it cannot be read. *unserved becomes true if a
 * connection is mounted that nobody is known to serve.
 */
int mounts_note(struct registry *registry, int mountinfo, pid_t seen_by,
    bool *unserved);

/* Before our own are noted anew: nothing is mounted. */
void mounts_forget(struct registry *registry);

/*
 * After it: numbers that are no longer mounted, and not served, may come back
 * as somebody else's.
 */
void mounts_settle(struct registry *registry);

#endif
