/*
 * FUSE while main runs: new mounts, their servers, and servers that are stuck.
 * No timer runs but for the second after a mount whose server has not shown
 * itself yet, and while a connection is ours the check for servers stuck in
 * their own exit, which no event announces (docs/kernel.md).
 */
#ifndef FINI_WATCH_H
#define FINI_WATCH_H

#include <stdbool.h>

struct init;

/* Something was mounted or unmounted. */
void watch_mounts(struct init *init);

/* What is due by now. True if servers were looked for, or checked. */
bool watch_tick(struct init *init);

/* With the first connection of ours the check and the guardian begin. */
void watch_guard(struct init *init);

/*
 * Says of each connection that is not ours and may have to be, once, that its
 * server is not seen.
 */
void watch_tell_unseen(struct init *init);

#endif
