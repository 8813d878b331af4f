/*
 * What mountinfo shows of connections, our own and a server's: which there are,
 * and where.
 */
#ifndef FINI_MOUNTS_H
#define FINI_MOUNTS_H

#include <stdbool.h>

struct view;

/*
 * Reads our mountinfo again. As whose_settle(): if true, it is time for
 * look_for_servers().
 */
bool look_at_mounts(struct view *view);

/* Notes which connections are over, as far as they are pinned. */
void look_what_is_over(struct view *view);

/* Where each connection is mounted, for people: "?" if it is not in our view. */
void look_at_points(struct view *view);

/*
 * Reads the mountinfo of each server, and of each thread of it: it may have
 * mounted where only it can see it.
 */
void look_at_servers_mounts(struct view *view);

#endif
