#include "init/endure.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "src/base/syscalls.h"
#include "src/proc/procfs.h"

static void
do_nothing(int number)
{
	(void)number;
}

/* From 6.13 on a timer whose signal is ignored is not started again. */
static void
on_continue(int flags)
{
	struct sigaction action = { .sa_handler = do_nothing,
		.sa_flags = flags };

	sigaction(SIGCONT, &action, NULL);
}

/* musl's timer_create() would bring its threads along. */
static int
timer(int number)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = number };
	int id;

	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id) < 0)
		return -1;
	return id;
}

static int
start(int id, int first_ms, int then_ms)
{
	struct itimerspec times = {
		.it_interval = { .tv_sec = then_ms / 1000,
		    .tv_nsec = then_ms % 1000 * 1000000L },
		.it_value = { .tv_sec = first_ms / 1000,
		    .tv_nsec = first_ms % 1000 * 1000000L },
	};

	return (int)syscall(SYS_timer_settime, id, 0, &times, NULL);
}

/*
 * A SIGSTOP flushes a SIGCONT that is generated, but not yet delivered, and that
 * timer is not started again: then it is the second that continues us.
 */
static void
wake(const struct endurance *e, int ms)
{
	(void)start(e->wakes[0], ms, ms);
	(void)start(e->wakes[1], ms + ms / 2, ms);
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
	int fd = proc_openat(proc, O_WRONLY, "self/oom_score_adj");

	if (fd < 0)
		return;
	(void)!write(fd, "-1000", 5);
	(void)close(fd);
}

/*
 * SIGSTOP cannot be blocked, and a stopped guardian would leave init stopped
 * with it. A timer runs on in a stopped process, and its SIGCONT continues it
 * (prepare_signal(), kernel/signal.c).
 */
void
endure(struct endurance *e, int proc, int wake_ms)
{
	uint64_t blocked =
	    ~(UINT64_C(1) << (SIGCONT - 1)) & ~(UINT64_C(1) << (SIGALRM - 1));

	on_continue(0);
	*e = (struct endurance){
		.wakes = { timer(SIGCONT), timer(SIGCONT) },
		.ends = timer(SIGKILL),
	};
	wake(e, wake_ms);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL,
	    sizeof(blocked));
	(void)prctl(PR_SET_NAME, "fini: guardian");
	outlive_oom_group(proc);
	/* Last: it gives our files in /proc to root (task_dump_owner()). */
	(void)prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
}

/*
 * SIGCONT is not enough for who is stopped again and again, so fast that none
 * is ever delivered. Of all fatal signals only SIGKILL ends a stopped process
 * (wants_signal()). The kernel refuses a timer where the user has too many
 * signals pending (RLIMIT_SIGPENDING): then setitimer(2), which does not end it
 * while it is stopped.
 */
void
endure_most(struct endurance *e, int most_ms, int wake_ms)
{
	/* The kernel's struct itimerval, in seconds and microseconds. */
	const long alarm[4] = { 0, 0, (most_ms + 999) / 1000, 0 };
	bool started;

	if (most_ms == 0)
		e->ending = false;
	started = start(e->ends, most_ms, 0) == 0;
	e->ending = started && most_ms != 0;
	if (!started)
		(void)syscall(SYS_setitimer, ITIMER_REAL, alarm, NULL);
	wake(e, wake_ms);
}

void
endure_quietly(void)
{
	on_continue(SA_RESTART);
}
