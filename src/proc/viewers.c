#include "src/proc/viewers.h"

#include <limits.h>

#include "src/base/text.h"

void
viewers_open(struct viewers *w, int proc, pid_t pid)
{
	w->proc = proc;
	w->root = -1;
	(void)proc_dir_open(&w->tasks, proc, "%d/task", pid);
}

void
viewers_close(struct viewers *w)
{
	proc_dir_close(&w->tasks);
}

/* Of its mountinfo no more is read than its first line's number; or -1. */
static int
first_mount(int proc, pid_t tid)
{
	char line[12];
	unsigned long long id;

	if (proc_read(proc, line, sizeof(line), "%d/mountinfo", tid) <= 0 ||
	    !digits(line, INT_MAX, &id))
		return -1;
	return (int)id;
}

bool
viewers_next(struct viewers *w, pid_t *tid)
{
	while (proc_dir_next(&w->tasks, tid)) {
		int root = first_mount(w->proc, *tid);

		if (root >= 0 && root != w->root) {
			w->root = root;
			return true;
		}
	}
	return false;
}
