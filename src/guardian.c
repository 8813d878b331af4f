#include "src/guardian.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/endure.h"
#include "src/log.h"
#include "src/reap.h"
#include "src/signals.h"

#define LEAVE_MS 2000 /* for init's leave to trace it, at the start */
#define SPARE_MS 1000 /* beyond the budget, before SIGALRM ends it */

#define SEIZE_TRIES 10
#define SEIZE_MS 10

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128 /* linux/ptrace.h; musl has no name for it */
#endif

/* The guardian's own process -------------------------------------------- */

/*
 * Yama lets a descendant trace init only when init has said so, which may take
 * as long as init is stopped or frozen. False if it did not come in time.
 */
static bool
await_leave(void)
{
	uint64_t leave = UINT64_C(1) << (SIGUSR1 - 1);
	long long deadline = now_ms() + LEAVE_MS;

	for (;;) {
		int left = ms_until(deadline);
		struct timespec most = {
			.tv_sec = left / 1000,
			.tv_nsec = left % 1000 * 1000000L,
		};

		if (syscall(SYS_rt_sigtimedwait, &leave, NULL, &most,
			sizeof(leave)) == SIGUSR1)
			return true;
		if (errno != EINTR || left == 0) /* our own SIGCONT */
			return false;
	}
}

static void
limit_time(int ms)
{
	struct itimerval once = { .it_value = {
				      .tv_sec = ms / 1000,
				      .tv_usec = ms % 1000 * 1000,
				  } };

	(void)setitimer(ITIMER_REAL, &once, NULL);
}

static bool
next_stop(pid_t init, siginfo_t *info, int options)
{
	info->si_pid = 0;
	while (waitid(P_PID, (id_t)init, info,
		   WSTOPPED | WEXITED | __WALL | options) < 0)
		if (errno != EINTR)
			return false;
	return info->si_pid != 0;
}

/*
 * A PTRACE_CONT that is meant for another stop would resume the exit stop, if
 * SIGKILL came in between, and the window would be lost. PTRACE_LISTEN is
 * refused there; before PTRACE_CONT, one look whether a new stop has come.
 * What is left is a SIGKILL between the look and the PTRACE_CONT, after a
 * SIGSTOP or a SIGCONT to init (tests/model/guardian.pml, none_lost).
 */
static void
resume(pid_t init, int number)
{
	siginfo_t next;

	if (!next_stop(init, &next, WNOHANG | WNOWAIT))
		(void)ptrace(PTRACE_CONT, init, NULL,
		    (void *)(uintptr_t)(unsigned)number);
}

static void
act(struct guardian *g)
{
	if (g->dismissed)
		return;
	limit_time(g->budget_ms + SPARE_MS);
	g->act(g->context);
}

static bool
is_fault(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
	    number == SIGFPE || number == SIGTRAP || number == SIGSYS;
}

/*
 * Untraced, PID 1 never sees a SIGSTOP from its own namespace; traced it does
 * (sig_ignored(), kernel/signal.c). Such a sender has a pid there, one from
 * outside has 0.
 */
static bool
is_for_nobody(pid_t init, int number)
{
	siginfo_t info;

	return init == 1 && number == SIGSTOP &&
	    ptrace(PTRACE_GETSIGINFO, init, NULL, &info) == 0 &&
	    info.si_pid != 0;
}

/*
 * Init blocks every signal, so what is about to be delivered is SIGSTOP, or
 * the kernel's own for a fault. A traced PID 1 would fault for ever: the kernel
 * keeps SIGNAL_UNKILLABLE for it (force_sig_info_to_task()). Let go, it faults
 * once more and dies.
 */
static void
deliver(struct guardian *g, pid_t init, int number)
{
	if (is_fault(number)) {
		act(g);
		(void)ptrace(PTRACE_DETACH, init, NULL, NULL);
	} else
		resume(init, is_for_nobody(init, number) ? 0 : number);
}

static void
watch(struct guardian *g, pid_t init)
{
	siginfo_t info;

	while (next_stop(init, &info, 0)) {
		int number = info.si_status & 0xff;
		int event = info.si_status >> 8;

		if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED)
			break;
		if (event == PTRACE_EVENT_EXIT) {
			act(g);
			(void)ptrace(PTRACE_CONT, init, NULL, NULL);
		} else if (event == PTRACE_EVENT_STOP && number != SIGTRAP)
			(void)ptrace(PTRACE_LISTEN, init, NULL, NULL);
		else if (event == 0)
			deliver(g, init, number);
		else
			resume(init, 0);
	}
}

/* Init cannot be traced in the moments of as_owner_begin(). */
static int
seize(pid_t init)
{
	for (int tries = 0;; tries++) {
		if (ptrace(PTRACE_SEIZE, init, NULL,
			(void *)(uintptr_t)PTRACE_O_TRACEEXIT) == 0)
			return 0;
		if (errno != EPERM || tries == SEIZE_TRIES)
			return errno;
		(void)poll(NULL, 0, SEIZE_MS);
	}
}

static _Noreturn void
be_guardian(struct guardian *g, pid_t init)
{
	bool leave;
	int error;

	endure(g->proc);
	leave = await_leave();
	error = seize(init);
	if (error != 0)
		_exit(leave ? error : 0); /* without it: the next may try */
	watch(g, init);
	_exit(0);
}

/* Init's side ------------------------------------------------------------ */

static void
start(struct guardian *g, struct log *log)
{
	pid_t init = getpid();
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL,
	    NULL, NULL);

	if (pid == 0)
		be_guardian(g, init);
	if (pid < 0) {
		log_line(log, LOG_WARNING,
		    "SIGKILL of init is not covered: guardian: %s",
		    strerror(errno));
		return;
	}
	g->pid = pid;
	(void)prctl(PR_SET_PTRACER, (unsigned long)pid, 0UL, 0UL, 0UL);
	(void)kill(pid, SIGUSR1);
	log_line(log, LOG_DEBUG, "guardian[%d] started", pid);
}

void
guardian_start(struct guardian *g, struct log *log)
{
	if (g->pid == 0 && !g->refused && !g->dismissed)
		start(g, log);
}

bool
guardian_ended(struct guardian *g, const struct ending *ending, struct log *log)
{
	if (g->pid == 0 || ending->pid != g->pid)
		return false;
	g->pid = 0;
	if (g->dismissed)
		return true;
	if (!ending->signalled && ending->code != 0) {
		g->refused = true;
		log_line(log, LOG_WARNING,
		    "SIGKILL of init is not covered: it may not be traced: %s",
		    strerror(ending->code));
		return true;
	}
	log_line(log, LOG_INFO, "guardian[%d] died: another one", ending->pid);
	start(g, log);
	return true;
}

void
guardian_continue(struct guardian *g, struct log *log)
{
	siginfo_t info = { .si_pid = 0 };

	if (g->pid == 0 ||
	    waitid(P_PID, (id_t)g->pid, &info, WSTOPPED | WNOHANG) < 0 ||
	    info.si_pid == 0)
		return;
	(void)kill(g->pid, SIGCONT);
	log_line(log, LOG_INFO, "guardian[%d] was stopped: continued", g->pid);
}

void
guardian_dismiss(struct guardian *g)
{
	g->dismissed = true;
	if (g->pid != 0)
		(void)kill(g->pid, SIGKILL);
}
