/* What a process uses of FUSE: the mounts that its files lie on. */
#ifndef FINI_USE_H
#define FINI_USE_H

#include <sys/types.h>

#include "src/base/set.h"

struct view;

/*
 * Connections of ours that process `pid` has files open on. Files on a mount
 * that is no longer anywhere (umount -l) cannot be matched and do not count.
 * *number, if it is not NULL, becomes that of a connection, foreign ones
 * included, that it has a file open on; 0 if none is found. Can wait: only in a
 * look (eyes_open()).
 */
struct set use_by(struct view *view, pid_t pid, unsigned *number);

/*
 * The same with all that keeps a mount busy: its working and root directory,
 * and mappings too (maps takes its memory). Can wait, likewise.
 */
struct set use_of_all_kinds(struct view *view, pid_t pid);

#endif
