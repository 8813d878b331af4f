/*
 * Servers that fini starts itself (--server): one after the other before main,
 * each when the one before it serves. The server is not always the process that
 * was started: most go into the background. It is the one that holds /dev/fuse
 * for the new connection.
 */
#ifndef FINI_SERVERS_H
#define FINI_SERVERS_H

#include <stdbool.h>

struct ending;
struct init;
struct servers;

/* What the options declare; with --isolate our mounts become shared. */
void servers_plan(struct init *init);

/*
 * One step: starts those that may be started, finds those that have become
 * live, failed, are late or have died, and does what --server-exit says. To be
 * called when something has happened, and at next_at.
 */
void servers_step(struct init *init);

/* Is there one whose mount is still awaited? */
bool servers_are_starting(const struct servers *servers);

/* To be told of every child that was reaped. */
void servers_ended(struct servers *servers, const struct ending *ending);

#endif
