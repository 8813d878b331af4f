#include "init/tracee.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* musl's ptrace(3) knows also requests whose result is what they read. */
int
tracee_ask(int request, pid_t tracee, uintptr_t data)
{
	return (int)syscall(SYS_ptrace, request, tracee, NULL, data);
}

int
tracee_seize(pid_t tracee)
{
	return tracee_ask(PTRACE_SEIZE, tracee, PTRACE_O_TRACEEXIT);
}

/* By wait4(2), for a seccomp filter that refuses waitid(2). */
static bool
next_by_wait4(pid_t who, siginfo_t *info)
{
	int status;
	pid_t pid;

	pid = waitpid(who ? who : -1, &status, __WALL);
	if (pid < 0)
		return errno == EINTR;
	info->si_pid = pid;
	info->si_code = WIFSTOPPED(status) ? CLD_TRAPPED : CLD_EXITED;
	info->si_status = WIFSTOPPED(status) ? status >> 8 : 0;
	return true;
}

bool
tracee_next_stop(pid_t who, siginfo_t *info)
{
	info->si_pid = 0;
	if (waitid(who ? P_PID : P_ALL, (id_t)who, info,
		WSTOPPED | WEXITED | __WALL) == 0 ||
	    errno == EINTR)
		return true;
	return errno != ECHILD && next_by_wait4(who, info);
}

/* wait4(2) cannot peek: then nobody knows. */
static bool
has_new_stop(pid_t tracee)
{
	siginfo_t next = { .si_pid = 0 };

	return waitid(P_PID, (id_t)tracee, &next,
		   WSTOPPED | WEXITED | __WALL | WNOHANG | WNOWAIT) == 0 &&
	    next.si_pid != 0;
}

/*
 * A PTRACE_CONT that is meant for another stop would resume the exit stop, if
 * SIGKILL came in between, and the window would be lost. PTRACE_LISTEN is
 * refused there; before PTRACE_CONT, one look whether a new stop has come.
 * What is left is a SIGKILL between the look and the PTRACE_CONT, after a
 * SIGSTOP or a SIGCONT to init (tests/model/guardian.pml, none_lost).
 */
void
tracee_resume(pid_t tracee, int number)
{
	if (!has_new_stop(tracee))
		(void)tracee_ask(PTRACE_CONT, tracee, (unsigned)number);
}

/*
 * Untraced, PID 1 never sees a SIGSTOP from its own namespace; traced it does
 * (sig_ignored(), kernel/signal.c). Such a sender has a pid there, one from
 * outside has 0.
 */
bool
tracee_ignores(pid_t tracee, int number)
{
	siginfo_t info;

	return tracee == 1 && number == SIGSTOP &&
	    tracee_ask(PTRACE_GETSIGINFO, tracee, (uintptr_t)&info) == 0 &&
	    info.si_pid != 0;
}
