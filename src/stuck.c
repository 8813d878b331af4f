#include "src/stuck.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/format.h"
#include "src/procfs.h"

#define PATH_SIZE 64

struct tasks {
	int proc;
	pid_t pid;
	bool any, left;
};

static bool
has_no(const struct tasks *tasks, int tid, const char *name)
{
	char path[PATH_SIZE], link[16];
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%d/task/%d/%s", tasks->pid, tid, name);
	return readlinkat(tasks->proc, path, link, sizeof(link)) < 0 &&
	    errno == ENOENT;
}

static bool
look_at_exe(int tid, void *context)
{
	struct tasks *tasks = context;

	tasks->any = true;
	tasks->left = !has_no(tasks, tid, "exe"); /* it can still run */
	return !tasks->left;
}

bool
stuck_has_exited(int proc, pid_t pid)
{
	struct tasks tasks = { .proc = proc, .pid = pid };

	return proc_each_task(proc, pid, look_at_exe, &tasks) == 0 &&
	    tasks.any && !tasks.left;
}

static bool
look_at_namespace(int tid, void *context)
{
	struct tasks *tasks = context;
	char wchan[2];

	tasks->left = !has_no(tasks, tid, "ns/mnt") ||
	    proc_wchan(tasks->proc, tasks->pid, tid, wchan, sizeof(wchan)) <
		0 ||
	    wchan[0] != '\0';
	return !tasks->left;
}

bool
stuck_is_gone(int proc, pid_t pid)
{
	struct tasks tasks = { .proc = proc, .pid = pid };

	if (proc_each_task(proc, pid, look_at_namespace, &tasks) < 0)
		return errno == ENOENT || errno == ESRCH;
	return !tasks.left;
}

/* Where a task waits for a FUSE server: fs/fuse/dev.c, mm/filemap.c. */
static bool
is_fuse_wait(const char *wchan)
{
	static const char *const names[] = {
		"request_wait_answer",
		"folio_wait_bit",
		"wait_on_page_bit",
		"folio_wait_writeback",
		"fuse_",
		"__fuse_",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(wchan, names[i], strlen(names[i])) == 0 &&
		    strncmp(wchan, "fuse_dev_", 9) != 0)
			return true;
	return false;
}

struct threads {
	int proc;
	pid_t pid;
	bool waits;
};

static bool
look_at_thread(int tid, void *context)
{
	struct threads *t = context;
	char wchan[32];

	if (proc_wchan(t->proc, t->pid, tid, wchan, sizeof(wchan)) == 0 &&
	    is_fuse_wait(wchan))
		t->waits = true;
	return !t->waits;
}

bool
stuck_waits_for_fuse(int proc, pid_t pid)
{
	struct threads t = { .proc = proc, .pid = pid };

	(void)proc_each_task(proc, pid, look_at_thread, &t);
	return t.waits;
}

struct run {
	int proc;
	pid_t pid;
	unsigned long long ns;
};

static bool
add_run_time(int tid, void *context)
{
	struct run *run = context;
	char path[PATH_SIZE], buffer[64];
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%d/task/%d/schedstat", run->pid, tid);
	if (proc_read(run->proc, path, buffer, sizeof(buffer)) > 0)
		run->ns += strtoull(buffer, NULL, 10);
	return true;
}

unsigned long long
stuck_run_time(int proc, pid_t pid)
{
	struct run run = { .proc = proc, .pid = pid };

	(void)proc_each_task(proc, pid, add_run_time, &run);
	return run.ns;
}
