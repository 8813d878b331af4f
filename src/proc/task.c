#include "src/proc/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "src/base/text.h"
#include "src/proc/owner.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"

/* NSpid: 32 numbers (MAX_PID_NS_LEVEL) of up to 7 digits. */
#define STATUS_LINE 384

static bool
has_no(int proc, pid_t pid, int tid, const char *name)
{
	char link[16];

	return proc_link(proc, link, sizeof(link), "%d/task/%d/%s", pid, tid,
		   name) < 0 &&
	    errno == ENOENT;
}

bool
task_has_exited(int proc, pid_t pid)
{
	struct proc_dir tasks;
	struct owner ours;
	bool any = false, left = false;
	int tid;

	/* What is read here of another user's process is for its owner only. */
	owner_begin_with(&ours, proc, pid);
	proc_dir_open(&tasks, proc, "%d/task", pid);
	while (!left && proc_dir_next(&tasks, &tid)) {
		any = true;
		left = !has_no(proc, pid, tid, "exe"); /* it can still run */
	}
	proc_dir_close(&tasks);
	owner_end(&ours);
	return any && !left;
}

static bool
has_namespaces(int proc, pid_t pid, int tid)
{
	int fd = proc_openat(proc, O_RDONLY, "%d/task/%d/mountinfo", pid, tid);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EINVAL && errno != ENOENT);
}

static bool
has_children(int proc, pid_t pid)
{
	struct proc_children children;
	pid_t child;
	bool any;

	proc_children_open(&children, proc, pid);
	any = proc_children_next(&children, &child);
	proc_children_close(&children);
	return any;
}

bool
task_is_gone(int proc, pid_t pid)
{
	struct proc_dir tasks;
	bool gone = true;
	int tid;

	if (proc_dir_open(&tasks, proc, "%d/task", pid) < 0)
		return errno == ENOENT || errno == ESRCH;
	while (gone && proc_dir_next(&tasks, &tid))
		gone = !has_namespaces(proc, pid, tid);
	proc_dir_close(&tasks);
	return gone && !has_children(proc, pid);
}

int
task_wchan(int proc, pid_t pid, pid_t tid, char *name, size_t size)
{
	if (proc_read(proc, name, size, "%d/task/%d/wchan", pid, tid) < 0)
		return -1;
	if (strcmp(name, "0") == 0)
		name[0] = '\0';
	return 0;
}

/* Its first line: "[<0>] request_wait_answer+0x...". */
int
task_stack_top(int proc, pid_t pid, pid_t tid, char *name, size_t size)
{
	char buffer[256], *start;
	struct text t = text_over(name, size);

	if (proc_read(proc, buffer, sizeof(buffer), "%d/task/%d/stack", pid,
		tid) < 0)
		return -1;
	start = buffer + text_until(buffer, ' ');
	if (*start) {
		start[text_until(start, '\n')] = '\0';
		start[text_until(start, '+')] = '\0';
		text_format(&t, "%s", start + 1);
	}
	return 0;
}

void
task_waits_in(int proc, pid_t pid, char *name, size_t size)
{
	struct proc_dir tasks;
	int tid;

	/* A zombie leader waits in nothing: its other threads do. */
	name[0] = '\0';
	proc_dir_open(&tasks, proc, "%d/task", pid);
	while (name[0] == '\0' && proc_dir_next(&tasks, &tid))
		if (task_wchan(proc, pid, tid, name, size) < 0)
			name[0] = '\0';
	proc_dir_close(&tasks);
}

/* What is behind the next `number` bytes `end` of `s`, or its end. */
static const char *
behind(const char *s, char end, int number)
{
	while (number-- > 0) {
		s += text_until(s, end);
		s += *s != '\0';
	}
	return s;
}

/*
 * stat behind the name, from the state on; NULL if there is no such task. A comm
 * may hold blanks and brackets: "4711 (a) b) S 1 ...".
 */
static const char *
stat_of(int proc, pid_t pid, char *buffer, size_t size)
{
	const char *s;

	if (proc_read(proc, buffer, size, "%d/stat", pid) < 0)
		return NULL;
	s = buffer + strlen(buffer);
	while (s > buffer && *s != ')')
		s--;
	return behind(s, ' ', 1);
}

bool
task_is_runnable(int proc, pid_t pid)
{
	char buffer[512];
	const char *state = stat_of(proc, pid, buffer, sizeof(buffer));

	return state && *state == 'R';
}

int
task_origin(int proc, pid_t pid, pid_t *parent, unsigned long long *started)
{
	char buffer[512];
	unsigned long long number;
	const char *rest = stat_of(proc, pid, buffer, sizeof(buffer));

	if (!rest || !digits(behind(rest, ' ', 1), INT_MAX, &number))
		return -1;
	*parent = (pid_t)number;
	return digits(behind(rest, ' ', 19), ULLONG_MAX, started) ? 0 : -1;
}

pid_t
task_terminal(int proc, pid_t pid)
{
	char buffer[512];
	unsigned long long session;
	const char *rest = stat_of(proc, pid, buffer, sizeof(buffer));

	if (!rest || *behind(rest, ' ', 4) == '0' ||
	    !digits(behind(rest, ' ', 3), INT_MAX, &session))
		return 0;
	return (pid_t)session;
}

/* Up to 65,536 supplementary groups stand before most of it. */
static const char *
status_value(int proc, pid_t pid, const char *name, char line[STATUS_LINE])
{
	return proc_value(proc, name, line, STATUS_LINE, "%d/status", pid);
}

/* 16 digits of a mask: bit n-1 is signal n. */
static bool
has_signal(int proc, pid_t pid, const char *name, int signal)
{
	char line[STATUS_LINE];
	const char *mask = status_value(proc, pid, name, line);
	int at = 15 - (signal - 1) / 4, digit;

	if (!mask || strlen(mask) < 16)
		return false;
	digit = mask[at] <= '9' ? mask[at] - '0' : mask[at] - 'a' + 10;
	return (digit >> ((signal - 1) % 4)) & 1;
}

bool
task_takes(int proc, pid_t pid, int signal)
{
	return has_signal(proc, pid, "SigCgt:\t", signal) ||
	    has_signal(proc, pid, "SigBlk:\t", signal);
}

/* "4711\t1": in our namespace, in those below it. */
bool
task_is_init(int proc, pid_t pid)
{
	char line[STATUS_LINE];
	const char *pids = status_value(proc, pid, "NSpid:\t", line);
	size_t length = pids ? strlen(pids) : 0;

	return length > 2 && pids[length - 2] == '\t' &&
	    pids[length - 1] == '1';
}

bool
task_is_traced(int proc, pid_t pid)
{
	char line[STATUS_LINE];
	const char *tracer = status_value(proc, pid, "TracerPid:\t", line);

	return tracer && *tracer != '0';
}

unsigned long long
task_run_time(int proc, pid_t pid)
{
	struct proc_dir tasks;
	unsigned long long sum = 0, ns;
	char buffer[64];
	int tid;

	proc_dir_open(&tasks, proc, "%d/task", pid);
	while (proc_dir_next(&tasks, &tid))
		if (proc_read(proc, buffer, sizeof(buffer),
			"%d/task/%d/schedstat", pid, tid) > 0 &&
		    digits(buffer, ULLONG_MAX, &ns))
			sum += ns;
	return sum;
}
