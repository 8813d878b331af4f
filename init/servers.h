/*
 * Servers that fini starts itself (--server): one after the other before main,
 * each when the one before it serves. Which process the server is, is not what
 * was started: most go into the background. It is who holds /dev/fuse for the
 * connection that came.
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
 * One step: starts who may be started, sees who has become live, failed, is
 * late or has died, and does what --server-exit says. To be called when
 * something has happened, and at next_at.
 */
void servers_step(struct init *init);

/* Is there one whose mount is still awaited? */
bool servers_are_starting(const struct servers *servers);

/* To be told of every child that was reaped. */
void servers_ended(struct servers *servers, const struct ending *ending);

#endif
