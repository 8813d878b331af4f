/*
 * The last act: whatever a phase is doing, when the time is over every connection
 * of ours is aborted and everybody is killed. By a child that was forked before
 * the first phase and has nothing else to do, so that no phase, loop or fault
 * can outlast it.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "init/teardown/phases.h"
#include "init/tracee.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/fuse/abort.h"

/*
 * What is pinned is aborted without a look, a fork or a wait; only what is not
 * needs a child that unmounts. Of everybody only init is left, and we: the
 * guardian's death lets init go.
 */
static void
play(struct view *v)
{
	struct set open = registry_open(&v->registry);
	struct people_walk w;

	set_each(i, &open)
		if (abort_pinned(v, i))
			set_remove(&open, i);
	if (!set_is_empty(&open))
		abort_forced(v, &open, LAST_FORCE_MS);
	if (v->people.everybody)
		(void)kill(-1, SIGKILL);
	else
		for (people_open(&w, &v->people); people_next(&w);)
			(void)people_signal(w.people, w.pid, w.pidfd, SIGKILL);
}

/*
 * Then PID 1 has nothing left to do, and ends; unless it is held up in a call
 * itself. It does not die of what it is sent from in here, but of the SIGKILL
 * that the kernel sends it when its tracer ends (exit_ptrace(),
 * kernel/ptrace.c): the guardian is dead by now, so that it can be ours.
 */
static void
end_pid1(void)
{
	(void)poll(NULL, 0, KILL_SPARE_MS);
	(void)tracee_ask(PTRACE_SEIZE, 1, PTRACE_O_EXITKILL);
}

static _Noreturn void
await(struct teardown *td)
{
	while (!is_due(td->last_act.at)) {
		int left = ms_until(td->last_act.at);

		(void)poll(NULL, 0, left < TICK_MS ? left : TICK_MS);
	}
	log_line(&td->view->log, LOG_WARNING,
	    "teardown: not over after %d ms: all connections are aborted, and "
	    "all processes are killed",
	    td->limits.most_ms);
	play(td->view);
	if (td->view->people.everybody)
		end_pid1();
	_exit(0);
}

void
teardown_due(struct teardown *td, long long at_ms)
{
	td->last_act.at = at_ms;
	td->view->eyes.until = at_ms;
}

void
teardown_stand_by(struct teardown *td)
{
	pid_t pid;

	if (td->last_act.pid > 0)
		return;
	pid = child_start(CLONE_FILES);
	if (pid == 0)
		await(td);
	td->last_act.pid = pid;
	if (pid < 0)
		return;
	people_own(&td->view->people, pid);
	if (td->last_act.traces)
		(void)prctl(PR_SET_PTRACER, (unsigned long)pid, 0UL, 0UL, 0UL);
}

void
teardown_arm(struct teardown *td, const struct limits *limits)
{
	td->limits = *limits;
	teardown_due(td,
	    limits->wait_for_clients ? NEVER : now_ms() + limits->most_ms);
	teardown_stand_by(td);
}

/* It may have played, and have been reaped: then its pid is another's by now. */
static void
stop(struct teardown *td, pid_t pid)
{
	if (child_ended(pid, now_ms()) == CHILD_LATE) {
		(void)kill(pid, SIGKILL);
		if (child_wait(pid, now_ms() + TICK_MS) == CHILD_LATE)
			return; /* the reaper's */
	}
	people_disown(&td->view->people, pid);
}

bool
teardown_stand_down(struct teardown *td)
{
	pid_t pid = td->last_act.pid;

	td->last_act.pid = 0;
	if (pid > 0)
		stop(td, pid);
	return pid > 0;
}

void
teardown_relieve(struct teardown *td)
{
	pid_t before = td->last_act.pid;

	if (before <= 0)
		return;
	td->last_act.pid = 0;
	teardown_stand_by(td);
	if (td->last_act.pid > 0)
		stop(td, before);
	else
		td->last_act.pid = before;
}

void
teardown_disarm(struct teardown *td)
{
	teardown_due(td, NEVER);
	(void)teardown_stand_down(td);
}
