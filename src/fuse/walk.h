/*
 * Walks a path to a mount point, in a child: one directory at a time, through no
 * symbolic link and not into a connection that is not ours: its server may not
 * answer, and a child that waits for it cannot be killed. But for the one that
 * the root itself lies on, as in rootless podman with fuse-overlayfs: nothing can
 * be reached without it, and where there is no fusectl, umount2(2) is what is
 * left to abort by.
 *
 * What is found at the end must be the mount that is meant. Whoever owns a
 * directory on the way can put another, or a link, in its place at any moment:
 * in a directory that is held open no mount point of this namespace can be
 * replaced (vfs_rename(), fs/namei.c).
 */
#ifndef FINI_WALK_H
#define FINI_WALK_H

#include <stdbool.h>
struct mount;
struct view;

/*
 * The directory that holds the mount point of `mount` becomes our working
 * directory. Returns the mount's name there: part of mount->point, which is cut
 * for that. NULL where there is no way, with *foreign if that is for a foreign
 * connection. `mountinfo` is an open one that shows the mount.
 */
const char *walk_to_mount(const struct view *view, int mountinfo,
    struct mount *mount, bool *foreign);

#endif
