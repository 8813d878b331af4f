#include "src/child.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/pidfd.h"
#include "src/population.h"

#define TICK_MS 20 /* between looks where there is no pidfd */

bool
child_wait(pid_t pid, long long deadline_ms, struct population *population,
    siginfo_t *info)
{
	int pidfd = pidfd_open(pid);
	bool ended;

	for (;;) {
		struct pollfd end = { .fd = pidfd, .events = POLLIN };
		int left = ms_until(deadline_ms);

		info->si_pid = 0;
		ended = waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG) < 0 ||
		    info->si_pid != 0;
		if (ended || left == 0)
			break;
		(void)poll(&end, 1,
		    pidfd >= 0 || left < TICK_MS ? left : TICK_MS);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (!ended) {
		population_own(population, pid);
		(void)kill(pid, SIGKILL);
	}
	return ended;
}
