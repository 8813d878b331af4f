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
 * that has done neither for so long waits for somebody.
 */
static int
await(struct view *v, pid_t child, long long deadline)
{
	unsigned long long ns, before = 0;
	pid_t at = 0;
	int result, idle = 0;

	do {
		long long slice = now_ms() + v->eyes.stall_ms / SLICES;

		result = child_ended(child, earlier(slice, deadline));
		if (result != CHILD_LATE)
			return result;
		ns = task_run_time(v->people.proc, child);
		idle = ns == before && v->eyes.at == at ? idle + 1 : 0;
		before = ns;
		at = v->eyes.at;
	} while (idle < SLICES && !is_due(deadline));
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

bool
eyes_open(struct view *v)
{
	long long deadline = now_ms() + v->eyes.most_ms;
	int result;

	do {
		pid_t child;

		v->eyes.at = 0;
		child = child_start(CLONE_FILES);
		if (child == 0) {
			v->people.looker = getpid();
			return true;
		}
		if (child < 0)
			return false;
		result = await(v, child, deadline);
		v->people.looker = 0;
	} while (result == CHILD_LATE && !is_due(deadline) && pass_over(v));
	return false;
}

void
eyes_close(void)
{
	_exit(0);
}
