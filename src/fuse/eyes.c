#include "src/fuse/eyes.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/fuse/view.h"
#include "src/proc/task.h"

#define SLICES 3 /* of the time without any progress */

bool
eyes_on(struct view *v, pid_t pid)
{
	for (int i = 0; i < v->eyes.blinds; i++)
		if (v->eyes.blind[i] == pid)
			return false;
	v->eyes.at = pid;
	return true;
}

/*
 * A child that works takes processor time, or goes on to the next process. One
 * that has done neither for so long waits for somebody, unless it only waits for
 * a processor, as where the container has a small share of one: that time is
 * added to the look's, as often as it may take. The child is in no execve(2):
 * its state can be asked for.
 */
static int
await(struct view *v, pid_t child, long long *deadline, long long most)
{
	int slice_ms = v->eyes.stall_ms / SLICES, result, idle = 0;
	unsigned long long ns, before = 0;
	pid_t at = 0;

	do {
		result =
		    child_ended(child, earlier(now_ms() + slice_ms, *deadline));
		if (result != CHILD_LATE)
			return result;
		ns = task_run_time(v->people.proc, child);
		if (ns != before || v->eyes.at != at)
			idle = 0;
		else if (task_is_runnable(v->people.proc, child))
			*deadline = earlier(*deadline + slice_ms, most);
		else
			idle++;
		before = ns;
		at = v->eyes.at;
	} while (idle < SLICES && !is_due(*deadline));
	(void)kill(child, SIGKILL);
	/* Its wait is one that SIGKILL ends (down_read_killable()). */
	if (child_wait(child, now_ms() + v->eyes.stall_ms) == CHILD_LATE)
		people_own(&v->people, child);
	return CHILD_LATE;
}

static bool
pass_over(struct view *v)
{
	pid_t pid = v->eyes.at;
	char comm[COMM_SIZE];

	if (pid == 0 || v->eyes.blinds == EYES_BLIND)
		return false;
	v->eyes.blind[v->eyes.blinds++] = pid;
	proc_comm(v->people.proc, pid, comm);
	log_line(&v->log, LOG_INFO,
	    "%s[%d] cannot be looked at: taken for a client", comm, pid);
	return true;
}

static bool
look(struct view *v, int flags)
{
	long long until = v->eyes.until;
	long long deadline = earlier(now_ms() + v->eyes.most_ms, until);
	/* However many children. */
	long long most = earlier(deadline + v->eyes.most_ms, until);
	int result;

	v->eyes.refused = false;
	if (is_due(until))
		return false;
	do {
		pid_t child;

		v->eyes.at = 0;
		child = child_start(flags);
		if (child == 0) {
			v->people.looker = getpid();
			return true;
		}
		v->eyes.refused = child < 0;
		if (child < 0)
			return false;
		result = await(v, child, &deadline, most);
		v->people.looker = 0;
	} while (result == CHILD_LATE && !is_due(deadline) && pass_over(v));
	return false;
}

bool
eyes_open(struct view *v)
{
	return look(v, CLONE_FILES);
}

bool
eyes_open_apart(struct view *v)
{
	return look(v, 0);
}

void
eyes_close(void)
{
	_exit(0);
}
