/*
 * Finds connections and who serves them. Ours is what a process of our
 * population holds /dev/fuse for and what was not there before main; a name
 * or a type of filesystem proves nothing.
 */
#ifndef FINI_DISCOVER_H
#define FINI_DISCOVER_H

#include <stdbool.h>

struct fusectl;
struct mount;
struct population;
struct registry;

/* Before main is started, for each mount: what is FUSE is foreign. */
void discover_foreign(struct registry *registry, const struct mount *mount);

/*
 * Then: not foreign is what this process holds the /dev/fuse of, for main to
 * inherit. Before Linux 6.16, which cannot tell which of several a descriptor
 * serves, it counts only if there is a single connection.
 */
void discover_inherited(struct registry *registry, int proc);

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
