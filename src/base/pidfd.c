#include "src/base/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIDFD_THREAD O_EXCL /* linux/pidfd.h, Linux 6.9 */

int
pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
pidfd_of_thread(pid_t tid)
{
	return (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
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
