/* What was there before main: foreign, unless main inherits its /dev/fuse. */
#ifndef FINI_BASELINE_H
#define FINI_BASELINE_H

struct mount;
struct registry;

/* Before main is started, for each mount: what is FUSE is foreign. */
void baseline_mount(struct registry *registry, const struct mount *mount);

/*
 * Then: not foreign is what this process holds the /dev/fuse of, for main to
 * inherit. Before Linux 6.16, which cannot tell which of several a descriptor
 * serves, it counts only if there is a single connection.
 */
void baseline_inherited(struct registry *registry, int proc);

#endif
