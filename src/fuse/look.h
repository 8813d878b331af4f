/* Finds the servers of connections, and their state, by a child (eyes.h). */
#ifndef FINI_LOOK_H
#define FINI_LOOK_H

#include <stdbool.h>

struct view;

/*
 * Looks at the open files of all processes. With `everywhere`, also at the
 * mounts of servers that have a mount namespace of their own. What is ours is
 * pinned while it is mounted.
 */
void look_for_servers(struct view *view, bool everywhere);

/*
 * Is there a connection, on the whole machine, of which nothing is known, and was
 * there not when this was last asked? It may be ours, and be mounted where our
 * mountinfo does not show it (src/fuse/pin.h).
 */
bool look_has_news(struct view *view);

/*
 * Looks how each server is (struct state). What it uses only if `uses`
 * says so, or it waits: it may have thousands of files open.
 */
void look_at_servers(struct view *view, bool uses);

/*
 * Forgets servers that are dead, and closes their pidfds. One that could not be
 * pinned is forgotten too when it held no /dev/fuse at the last look, unless it
 * has closed it in its exit.
 */
void look_who_is_dead(struct view *view);

#endif
