#include "src/base/child.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/events.h"
#include "src/base/pidfd.h"

#define TICK_MS 20 /* between looks where there is no pidfd, from 1 on */

pid_t
child_start(int flags)
{
	unsigned long stack = 0, how = (unsigned long)(flags | SIGCHLD);

	/* CONFIG_CLONE_BACKWARDS2: there the stack comes first, clone(2). */
#ifdef __s390x__
	return (pid_t)syscall(SYS_clone, stack, how, NULL, NULL, 0UL);
#else
	return (pid_t)syscall(SYS_clone, how, stack, NULL, NULL, 0UL);
#endif
}

/* By wait4(2), for a seccomp filter that refuses waitid(2). */
static int
reap_by_wait4(pid_t pid, struct ending *ending)
{
	int status;
	pid_t ended = waitpid(pid, &status, WNOHANG);

	if (ended <= 0)
		return ended;
	ending->pid = ended;
	ending->signalled = WIFSIGNALED(status);
	ending->code =
	    ending->signalled ? WTERMSIG(status) : WEXITSTATUS(status);
	return 1;
}

/* As child_reap(); one child, or -1 for any. */
static int
reap_one(pid_t pid, struct ending *ending)
{
	siginfo_t info;

	info.si_pid = 0; /* what WNOHANG leaves when none is dead */
	if (waitid(pid < 0 ? P_ALL : P_PID, (id_t)pid, &info,
		WEXITED | WNOHANG) < 0)
		return errno == ECHILD ? -1 : reap_by_wait4(pid, ending);
	if (info.si_pid == 0)
		return 0;
	ending->pid = info.si_pid;
	ending->signalled = info.si_code != CLD_EXITED;
	ending->code = info.si_status;
	return 1;
}

/* Is there nothing to wait for: reaped, nobody's, or it cannot be reaped? */
static bool
is_over(pid_t pid, int pidfd, struct ending *ending)
{
	int ended = reap_one(pid, ending);

	return ended > 0 ||
	    (ended < 0 && (errno == ECHILD || pidfd_dead(pidfd)));
}

/*
 * A pidfd that is readable while its zombie is still somebody else's, who
 * traces it (wait_consider_task(), kernel/exit.c), would end every poll.
 */
int
child_ended(pid_t pid, long long deadline_ms)
{
	int pidfd = pidfd_open(pid);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	struct ending ending = { .pid = 0 };
	int tick = 1;
	bool over;

	while (!(over = is_over(pid, pidfd, &ending))) {
		int left = ms_until(deadline_ms);

		if (left == 0)
			break;
		events_wait(&end, 1, end.fd >= 0 || left < tick ? left : tick,
		    NULL);
		tick = tick < TICK_MS / 2 ? 2 * tick : TICK_MS;
		if (end.revents)
			end.fd = -1;
	}
	if (pidfd >= 0)
		close(pidfd);
	if (!over)
		return CHILD_LATE;
	return ending.pid == pid && !ending.signalled ? ending.code :
							CHILD_FAILED;
}

int
child_wait(pid_t pid, long long deadline_ms)
{
	int result = child_ended(pid, deadline_ms);

	if (result == CHILD_LATE)
		(void)kill(pid, SIGKILL);
	return result;
}

int
child_run(int (*work)(void *), void *context, int flags, long long deadline_ms,
    pid_t *late)
{
	pid_t pid = child_start(flags);
	int result;

	if (pid == 0)
		_exit(work(context));
	if (pid < 0)
		return CHILD_FAILED;
	result = child_wait(pid, deadline_ms);
	if (result == CHILD_LATE)
		*late = pid;
	return result;
}

int
child_reap(struct ending *ending)
{
	return reap_one(-1, ending);
}

int
ending_status(const struct ending *ending)
{
	return ending->signalled ? 128 + ending->code : ending->code;
}
