#include "src/stuck.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/as_owner.h"
#include "src/child.h"
#include "src/clock.h"
#include "src/format.h"
#include "src/population.h"
#include "src/procfs.h"

#define PATH_SIZE 64
#define STACKS_MS 100 /* the child that reads them; it needs less than one */

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

/* What is read here of another user's process is for its owner only. */
static int
each_task_as_owner(int proc, pid_t pid, bool (*visit)(int, void *),
    void *context)
{
	struct as_owner ours;
	int result, error;

	as_owner_begin(&ours, proc, pid);
	result = proc_each_task(proc, pid, visit, context);
	error = errno;
	as_owner_end(&ours);
	errno = error;
	return result;
}

bool
stuck_has_exited(int proc, pid_t pid)
{
	struct tasks tasks = { .proc = proc, .pid = pid };

	return each_task_as_owner(proc, pid, look_at_exe, &tasks) == 0 &&
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

	if (each_task_as_owner(proc, pid, look_at_namespace, &tasks) < 0)
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

/* As wchan, from the first line of stack: "[<0>] request_wait_answer+0x...". */
static int
top_of_stack(int proc, pid_t pid, pid_t tid, char *name, size_t size)
{
	char path[PATH_SIZE], buffer[256], *start;
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%d/task/%d/stack", pid, tid);
	if (proc_read(proc, path, buffer, sizeof(buffer)) < 0)
		return -1;
	start = strstr(buffer, "] ");
	start = start == NULL ? buffer + strlen(buffer) : start + 2;
	start[strcspn(start, "+\n")] = '\0';
	t = text_over(name, size);
	text_format(&t, "%s", start);
	return 0;
}

struct threads {
	int proc;
	pid_t pid;
	int (*place)(int, pid_t, pid_t, char *, size_t);
	bool told, waits;
};

static bool
look_at_thread(int tid, void *context)
{
	struct threads *t = context;
	char name[32];

	if (t->place(t->proc, t->pid, tid, name, sizeof(name)) == 0 &&
	    name[0] != '\0') {
		t->told = true;
		t->waits = is_fuse_wait(name);
	}
	return !t->waits;
}

/*
 * proc_pid_stack() (fs/proc/base.c) takes exec_update_lock, which exec_mmap()
 * holds while it drops the old memory: a reader could hang there. Hence a
 * child.
 */
static bool
stacks_wait_for_fuse(struct population *population, pid_t pid)
{
	struct threads t = { population->proc, pid, top_of_stack, false,
		false };
	pid_t child = fork();
	siginfo_t info;

	if (child < 0)
		return false;
	if (child == 0) {
		(void)proc_each_task(t.proc, pid, look_at_thread, &t);
		_exit(t.waits);
	}
	return child_wait(child, now_ms() + STACKS_MS, population, &info) &&
	    info.si_pid == child && info.si_code == CLD_EXITED &&
	    info.si_status != 0;
}

bool
stuck_waits_for_fuse(struct population *population, pid_t pid)
{
	struct threads t = { population->proc, pid, proc_wchan, false, false };

	if (each_task_as_owner(t.proc, pid, look_at_thread, &t) < 0)
		return false;
	return t.waits || (!t.told && stacks_wait_for_fuse(population, pid));
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
