/*
 * Finds connections and who serves them. Ours is what a process of our
 * population holds /dev/fuse for and what was not there before main; a name
 * or a type of filesystem proves nothing.
 */
#ifndef FINI_DISCOVER_H
#define FINI_DISCOVER_H

#include <stdbool.h>

struct fusectl;
struct population;
struct registry;

/*
 * Reads `mountinfo` again. True if a connection is mounted there that nobody
 * is known to serve: time for discover_servers().
 */
bool discover_mounts(struct registry *registry, int mountinfo);

/*
 * Looks at the open files of the whole population. With `everywhere`, also
 * at the mounts of servers that have a mount namespace of their own. What is
 * ours is pinned through `fusectl` while it is mounted.
 */
void discover_servers(struct registry *registry,
    const struct population *population, struct fusectl *fusectl,
    bool everywhere);

#endif
