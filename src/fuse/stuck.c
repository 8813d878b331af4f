#include "src/fuse/stuck.h"

#include <stddef.h>
#include <string.h>

#include "src/base/text.h"
#include "src/fuse/view.h"
#include "src/proc/owner.h"
#include "src/proc/procfs.h"
#include "src/proc/task.h"

/* Where a task waits for a FUSE server: fs/fuse/dev.c, mm/filemap.c. */
static const char waits[][24] = {
	"request_wait_answer",
	"folio_wait_bit",
	"wait_on_page_bit",
	"folio_wait_writeback",
	"fuse_",
	"__fuse_",
};

static bool
is_fuse_wait(const char *name)
{
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (text_after(name, waits[i]) &&
		    !text_after(name, "fuse_dev_"))
			return true;
	return false;
}

/* FNV-1a: names that differ have numbers that differ, nearly always. */
static unsigned
number_of(const char *name)
{
	unsigned number = 2166136261U;

	for (; *name; name++)
		number = (number ^ (unsigned char)*name) * 16777619U;
	return number;
}

/* By `place`, which tells where a task is. False if it tells of none. */
static bool
look(int proc, pid_t pid, int (*place)(int, pid_t, pid_t, char *, size_t),
    struct waiting *w)
{
	struct proc_dir tasks;
	bool told = false;
	char name[32];
	int tid;

	proc_dir_open(&tasks, proc, "%d/task", pid);
	while (proc_dir_next(&tasks, &tid)) {
		if (place(proc, pid, tid, name, sizeof(name)) < 0 ||
		    name[0] == '\0')
			continue;
		told = true;
		if (tid == pid) {
			w->leader = number_of(name);
			w->leader_takes = text_after(name, "do_sigtimedwait");
			w->leader_locked = text_after(name, "futex");
		}
		w->for_fuse |= is_fuse_wait(name);
		w->for_requests |= strcmp(name, "fuse_dev_do_read") == 0;
	}
	return told;
}

struct waiting
stuck_in(const struct view *v, pid_t pid)
{
	struct waiting w = { .for_fuse = false };
	int proc = v->people.proc;
	struct owner ours;

	owner_begin_with(&ours, proc, pid);
	if (!look(proc, pid, task_wchan, &w))
		(void)look(proc, pid, task_stack_top, &w);
	owner_end(&ours);
	return w;
}
