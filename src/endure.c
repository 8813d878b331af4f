#include "src/endure.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/procfs.h"

#define WAKE_MS 1000 /* SIGCONT to itself: who stopped it, stops it so long */

static void
do_nothing(int number)
{
	(void)number;
}

/*
 * SIGSTOP cannot be blocked, and a stopped guardian would leave init stopped
 * with it. A timer runs on in a stopped process, and its SIGCONT continues it
 * (prepare_signal(), kernel/signal.c). There must be a handler: from 6.13 on a
 * timer whose signal is ignored is not started again.
 */
static void
wake_regularly(void)
{
	struct sigaction action = { .sa_handler = do_nothing,
		.sa_flags = SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGCONT };
	struct itimerspec period = {
		.it_interval = { .tv_sec = WAKE_MS / 1000 },
		.it_value = { .tv_sec = WAKE_MS / 1000 },
	};
	uint64_t blocked =
	    ~(UINT64_C(1) << (SIGCONT - 1)) & ~(UINT64_C(1) << (SIGALRM - 1));
	int timer;

	sigaction(SIGCONT, &action, NULL);
	/* musl's timer_create() would bring its threads along. */
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0)
		(void)syscall(SYS_timer_settime, timer, 0, &period, NULL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL,
	    sizeof(blocked));
}

/*
 * Out of memory with memory.oom.group, as the kubelet sets it, is a SIGKILL to
 * everybody in the container, but for who has the lowest score of all
 * (oom_kill_memcg_member(), mm/oom_kill.c). To go so low takes
 * CAP_SYS_RESOURCE.
 */
static void
outlive_oom_group(int proc)
{
	int fd = proc_openat(proc, "self/oom_score_adj", O_WRONLY);

	if (fd < 0)
		return;
	(void)!write(fd, "-1000", 5);
	(void)close(fd);
}

void
endure(int proc)
{
	wake_regularly();
	outlive_oom_group(proc);
}
