/*
 * Through whose mountinfo is seen what the tasks of a process see? A thread can
 * have a mount namespace of its own (unshare(2), setns(2)), as programs in Go
 * do, and a first thread that has ended has none.
 */
#ifndef FINI_VIEWERS_H
#define FINI_VIEWERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/proc/procfs.h"

struct viewers {
	int proc;
	struct proc_dir tasks;
	int root; /* mnt_id of the first mount that the last one sees */
};

/*
 * One task for each mount namespace, one after the other, as proc_dir_next();
 * /proc/TID is that of the task. The number of the first mount tells namespaces
 * apart: no two have a mount in common. On leaving earlier call
 * viewers_close(). Never waits.
 */
void viewers_open(struct viewers *viewers, int proc, pid_t pid);
bool viewers_next(struct viewers *viewers, pid_t *tid);
void viewers_close(struct viewers *viewers);

#endif
