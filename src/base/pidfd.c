#include "src/base/pidfd.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int
pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
pidfd_signal(int pidfd, int number, siginfo_t *value)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, value, 0);
}

int
pidfd_getfd(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
}

bool
pidfd_dead(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (poll(&end, 1, 0) < 0) /* by a filter: at least once it is reaped */
		return pidfd_signal(pidfd, 0, NULL) < 0 && errno == ESRCH;
	return end.revents & POLLIN;
}
