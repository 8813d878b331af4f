#include "doctor/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/cause.h"
#include "doctor/files.h"
#include "doctor/picture.h"
#include "doctor/waits.h"
#include "src/proc/task.h"

#define EXITING 0x00000004U /* PF_EXITING, linux/sched.h */
#define KILLED (1ULL << (9 - 1))

struct stat_line {
	char state;
	pid_t parent;
	unsigned flags;
	int cpu; /* on which it ran last; -1: not told */
};

#define CPU 39 /* the field `processor`, proc_pid_stat(5) */

static bool
read_stat(int proc, pid_t pid, pid_t tid, struct stat_line *line)
{
	char buffer[512];
	const char *end;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/task/%d/stat", pid,
		tid) < 0)
		return false;
	end = strrchr(buffer, ')'); /* a comm may have brackets of its own */
	if (!end ||
	    sscanf(end, ") %c %d %*d %*d %*d %*d %u", &line->state,
		&line->parent, &line->flags) != 3)
		return false;
	for (int field = 2; end && field < CPU; field++)
		end = strchr(end + 1, ' ');
	line->cpu = end ? atoi(end) : -1;
	return true;
}

/* Is SIGKILL pending? And the process's number in its own namespace. */
static void
read_status(int proc, pid_t pid, pid_t tid, struct thread *t,
    struct process *process)
{
	char buffer[8192], *line;
	unsigned long long own = 0, shared = 0;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/task/%d/status", pid,
		tid) < 0)
		return;
	line = strstr(buffer, "\nSigPnd:\t");
	if (line)
		own = strtoull(line + 9, NULL, 16);
	line = strstr(buffer, "\nShdPnd:\t");
	if (line)
		shared = strtoull(line + 9, NULL, 16);
	t->killed = ((own | shared) & KILLED) != 0;
	line = strstr(buffer, "\nNSpid:\t");
	if (line && tid == pid) {
		line += 8;
		line[strcspn(line, "\n")] = '\0';
		process->inner =
		    atoi(strrchr(line, '\t') ? strrchr(line, '\t') + 1 : line);
	}
}

unsigned long long
threads_runs(int proc, pid_t pid, pid_t tid)
{
	char buffer[64];
	unsigned long long runs = 0;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/task/%d/schedstat", pid,
		tid) < 0 ||
	    sscanf(buffer, "%*u %*u %llu", &runs) != 1)
		return 0;
	return runs;
}

/*
 * Has it not run since? What was read of it belongs together then, and so does
 * the time: one that is woken may be moved to another processor.
 */
static bool
is_as_it_was(int proc, pid_t pid, const struct thread *t,
    const struct stat_line *before)
{
	struct stat_line now;

	return read_stat(proc, pid, t->tid, &now) &&
	    now.state == before->state && now.cpu == before->cpu &&
	    threads_runs(proc, pid, t->tid) == t->waits.runs;
}

/* The functions after the first, down to the one that says why: it is exiting. */
static void
note_through(struct thread *t, const char *stack)
{
	size_t used = 0;
	int skip = 1;

	for (const char *line = stack; *line;) {
		const char *name = cause_function(line);
		size_t length = strcspn(name, "+ \n");

		if (skip-- <= 0 && used + length + 4 < sizeof(t->waits.through))
			used += (size_t)snprintf(t->waits.through + used,
			    sizeof(t->waits.through) - used, "%s%.*s",
			    used ? " < " : "", (int)length, name);
		if (strncmp(name, "do_exit+", 8) == 0)
			return;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static void
note_function(struct thread *t, const char *stack, const char *wchan)
{
	const char *name = *stack ? stack : wchan;

	name = cause_function(name);
	snprintf(t->waits.function, sizeof(t->waits.function), "%.*s",
	    (int)strcspn(name, "+ \n"), name);
	if (t->waits.function[0] == '\0')
		memcpy(t->waits.function, "?", 2);
}

/*
 * In wait4(2), as every shell; but an init that is exiting waits there for the
 * others of its namespace, too (zap_pid_ns_processes(), kernel/pid_namespace.c).
 */
static bool
waits_for_children(const char *wchan)
{
	return strncmp(wchan, "do_wait", 7) == 0;
}

/* Threads that sleep so that a signal wakes them are all well but these. */
static bool
is_stuck_asleep(enum cause cause)
{
	return cause == CAUSE_ANSWER || cause == CAUSE_ZAP;
}

static void
look_closer(struct picture *p, int proc, int process, pid_t tid,
    const char *wchan, const struct stat_line *stat)
{
	struct process *of = &p->tasks.process[process];
	struct thread *t = &p->tasks.thread[p->tasks.threads];
	char stack[4096] = "";
	unsigned long long runs = threads_runs(proc, of->pid, tid);

	if (p->tasks.threads == THREADS) {
		p->sight.cut++;
		return;
	}
	if (proc_read(proc, stack, sizeof(stack), "%d/task/%d/stack", of->pid,
		tid) > 0)
		p->sight.stacks = true;
	*t = (struct thread){
		.process = process,
		.tid = tid,
		.state = stat->state,
		.exiting = (stat->flags & EXITING) != 0,
		.cause = cause_of(*stack ? stack : wchan),
		.waits.runs = runs,
		.behind.thread = NONE,
	};
	if (waits_for_children(wchan))
		t->cause = t->exiting ? CAUSE_ZAP : CAUSE_NONE;
	if (t->cause == CAUSE_NONE ||
	    (stat->state != 'D' && !is_stuck_asleep(t->cause)))
		return;
	note_function(t, stack, wchan);
	if (*stack)
		note_through(t, stack);
	read_status(proc, of->pid, tid, t, of);
	if (!t->exiting)
		files_of_call(p, proc, t);
	t->waits.ms = -1;
	p->tasks.threads++; /* whatever becomes of us on its processor */
	t->waits.ms = waits_since(proc, of->pid, tid, stat->cpu);
	if (!is_as_it_was(proc, of->pid, t, stat))
		p->tasks.threads--;
}

void
threads_look(struct picture *p, int proc, int process, pid_t tid)
{
	struct process *of = &p->tasks.process[process];
	struct stat_line stat = { .state = 0 };
	char wchan[64];

	if (task_wchan(proc, of->pid, tid, wchan, sizeof(wchan)) < 0 ||
	    cause_is_everyday(wchan) ||
	    (waits_for_children(wchan) &&
		of->pid_namespace == p->sight.pid_namespace) ||
	    !read_stat(proc, of->pid, tid, &stat)) {
		of->exiting = false;
		return;
	}
	if (tid == of->pid) {
		of->parent = stat.parent;
		of->zombie = stat.state == 'Z';
	}
	of->exiting = of->exiting && (stat.flags & EXITING) != 0;
	if (stat.state == 'D' || stat.state == 'S')
		look_closer(p, proc, process, tid, wchan, &stat);
}

bool
threads_leader(int proc, pid_t pid, char *state, pid_t *parent)
{
	struct stat_line stat;

	if (!read_stat(proc, pid, pid, &stat))
		return false;
	*state = stat.state;
	*parent = stat.parent;
	return true;
}

bool
threads_killed(int proc, pid_t pid)
{
	struct thread t = { .killed = false };
	struct process unused;

	read_status(proc, pid, pid, &t, &unused);
	return t.killed;
}

void
threads_look_at_leader(struct picture *p, int proc, int process)
{
	struct process *of = &p->tasks.process[process];
	struct stat_line stat;
	struct thread unused;

	if (of->parent == 0 && read_stat(proc, of->pid, of->pid, &stat))
		of->parent = stat.parent;
	if (of->inner == 0)
		read_status(proc, of->pid, of->pid, &unused, of);
}
