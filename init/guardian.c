#include "init/guardian.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/limits.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/syscalls.h"
#include "src/fuse/view.h"
#include "src/proc/task.h"

static void
postpone(struct guardian *g, struct view *v, const char *why)
{
	g->pause_ms = guard_pause_ms(g->pause_ms, GUARDIAN_PAUSE_MOST_MS);
	g->retry_at = now_ms() + g->pause_ms;
	if (g->pause_ms > GUARDIAN_TOLD_MS)
		guard_tell(g, v, "guardian", why);
}

void
guardian_start(struct guardian *g, struct view *v)
{
	pid_t init = getpid(), pid;

	if (v->people.guardian != 0 || g->refused || g->dismissed ||
	    (g->retry_at != NEVER && !is_due(g->retry_at)))
		return;
	g->retry_at = NEVER;
	g->attached = false;
	g->endurance.ending = false;
	pid1_look(&g->pid1, v);
	pid = child_start(CLONE_FILES);
	if (pid == 0)
		guard_init(g, v, init);
	if (pid < 0) {
		postpone(g, v, error_text(errno));
		return;
	}
	v->people.guardian = pid;
	(void)prctl(PR_SET_PTRACER, (unsigned long)pid, 0UL, 0UL, 0UL);
	(void)kill(pid, SIGUSR1);
	log_line(&v->log, LOG_DEBUG, "guardian[%d] started", pid);
}

/* It cannot be, for the kernel or a seccomp profile that forbids a call. */
static bool
is_refusal(const struct ending *ending)
{
	return ending->signalled ? ending->code == SIGSYS : ending->code != 0;
}

/* One that was there, and was killed, was not wrong: the next follows at once. */
bool
guardian_ended(struct guardian *g, struct view *v, const struct ending *ending)
{
	if (v->people.guardian == 0 || ending->pid != v->people.guardian)
		return false;
	v->people.guardian = 0;
	if (g->dismissed)
		return true;
	if (is_refusal(ending)) {
		g->refused = true;
		guard_tell(g, v, "it may not be traced",
		    ending->signalled ? "SIGSYS" : error_text(ending->code));
		return true;
	}
	log_line(&v->log, LOG_INFO, "guardian[%d] died: another one",
	    ending->pid);
	if (g->attached && ending->signalled && ending->code == SIGKILL) {
		g->pause_ms = 0;
		g->retry_at = NEVER;
	} else
		postpone(g, v, "it dies");
	guardian_start(g, v);
	return true;
}

static bool
is_stopped(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return pid != 0 &&
	    waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT) ==
	    0 &&
	    info.si_pid != 0;
}

/*
 * Stopped a second time before its timer was there to end it, it would hold an
 * init that is killed now: the next one begins with that timer. One that has it
 * is continued, but init does not spin with who stops it.
 */
void
guardian_attend(struct guardian *g, struct view *v)
{
	pid_t pid = v->people.guardian;
	bool held = guard_is_pestered(g) && !g->endurance.ending;

	if (is_due(g->retry_at)) {
		g->retry_at = NEVER;
		guardian_start(g, v);
	}
	if (!is_stopped(pid))
		return;
	if (!held && now_ms() - g->stopped_at < GUARDIAN_AGAIN_MS) {
		g->retry_at = g->stopped_at + GUARDIAN_AGAIN_MS;
		return;
	}
	g->stopped_at = now_ms();
	(void)kill(pid, held ? SIGKILL : SIGCONT);
	log_line(&v->log, LOG_INFO, "guardian[%d] was stopped: %s", pid,
	    held ? "killed" : "continued");
}

/*
 * Until its tracer has reaped it nobody else can (wait_consider_task(),
 * kernel/exit.c): the next one does not wait for that.
 */
void
guardian_check(struct guardian *g, struct view *v)
{
	pid_t pid = v->people.guardian;

	if (pid == 0 || !task_is_traced(v->people.proc, pid))
		return;
	g->stopped_at = now_ms();
	(void)kill(pid, SIGKILL);
	people_own(&v->people, pid);
	v->people.guardian = 0;
	log_line(&v->log, LOG_INFO, "guardian[%d] is traced: another one", pid);
	guardian_start(g, v);
}

void
guardian_dismiss(struct guardian *g, struct view *v)
{
	g->dismissed = true;
	if (v->people.guardian != 0)
		(void)kill(v->people.guardian, SIGKILL);
}
