#include "src/base/signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/base/syscalls.h"
#include "src/base/text.h"

#define BIT(number) (UINT64_C(1) << ((number)-1))
#define STOPS (BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGQUIT))
#define TICK_MS 100 /* where nothing waits */

#define RTMIN 34 /* what glibc calls SIGRTMIN, and so does kill -l */

/* No pointers: in a static PIE each would be 8 bytes, and 24 to relocate it. */
static const char names[][sizeof("SIGSTKFLT")] = {
	[SIGHUP] = "SIGHUP",
	[SIGINT] = "SIGINT",
	[SIGQUIT] = "SIGQUIT",
	[SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP",
	[SIGABRT] = "SIGABRT",
	[SIGBUS] = "SIGBUS",
	[SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL",
	[SIGUSR1] = "SIGUSR1",
	[SIGSEGV] = "SIGSEGV",
	[SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE",
	[SIGALRM] = "SIGALRM",
	[SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT",
	[SIGCHLD] = "SIGCHLD",
	[SIGCONT] = "SIGCONT",
	[SIGSTOP] = "SIGSTOP",
	[SIGTSTP] = "SIGTSTP",
	[SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU",
	[SIGURG] = "SIGURG",
	[SIGXCPU] = "SIGXCPU",
	[SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM",
	[SIGPROF] = "SIGPROF",
	[SIGWINCH] = "SIGWINCH",
	[SIGIO] = "SIGIO",
	[SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",
};

#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

void
signals_block(struct signal_state *before)
{
	static const struct sigaction defaults = { .sa_handler = SIG_DFL };
	uint64_t all = ~UINT64_C(0);

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before->mask,
	    sizeof(all));
	sigaction(SIGCHLD, &defaults, &before->child);
}

void
signals_restore(const struct signal_state *before)
{
	sigaction(SIGCHLD, &before->child, NULL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before->mask, NULL,
	    sizeof(before->mask));
}

int
signals_open(void)
{
	uint64_t all = ~UINT64_C(0);

	return (int)syscall(SYS_signalfd4, -1, &all, sizeof(all),
	    SFD_CLOEXEC | SFD_NONBLOCK);
}

/* To where signalfd_copyinfo() (fs/signalfd.c) would put it. */
static void
note(struct signals *got, const siginfo_t *info)
{
	got->signal[got->count++] = (struct signalfd_siginfo){
		.ssi_signo = (uint32_t)info->si_signo,
		.ssi_code = info->si_code,
		.ssi_pid = (uint32_t)info->si_pid,
		.ssi_uid = info->si_uid,
		.ssi_ptr = (uintptr_t)info->si_value.sival_ptr,
	};
}

/* True if one of `set` has come; an empty set only waits. */
static bool
wait_for(uint64_t set, int timeout_ms, siginfo_t *info)
{
	struct timespec most = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};

	if (syscall(SYS_rt_sigtimedwait, &set, info,
		timeout_ms < 0 ? NULL : &most, sizeof(set)) > 0)
		return true;
	if (errno != EAGAIN && errno != EINTR && timeout_ms != 0)
		(void)poll(NULL, 0, TICK_MS);
	return false;
}

/*
 * Signals to our one thread (tgkill(2)) come before those to the process
 * (dequeue_signal(), kernel/signal.c): without end, they would hide SIGTERM.
 */
static void
look_past_flood(struct signals *got)
{
	siginfo_t info;

	if (got->count == SIGNALS_ROUND && wait_for(STOPS, 0, &info))
		note(got, &info);
}

int
signals_read(int fd, struct signals *got)
{
	ssize_t size =
	    read(fd, got->signal, SIGNALS_ROUND * sizeof(got->signal[0]));

	got->count =
	    size > 0 ? (int)((size_t)size / sizeof(got->signal[0])) : 0;
	look_past_flood(got);
	return size < 0 && errno != EAGAIN ? -1 : 0;
}

void
signals_wait(struct signals *got, int timeout_ms)
{
	uint64_t set = got ? ~UINT64_C(0) : 0;
	siginfo_t info;

	if (got)
		got->count = 0;
	while (wait_for(set, timeout_ms, &info)) {
		note(got, &info);
		if (got->count == SIGNALS_ROUND)
			break;
		timeout_ms = 0;
	}
	if (got)
		look_past_flood(got);
}

bool
signal_stops(int number)
{
	return number > 0 && number <= SIGNALS && (STOPS & BIT(number));
}

static int
realtime_number(const char *s)
{
	const char *above = text_after_word(s, "RTMIN");
	const char *below = text_after_word(s, "RTMAX");
	unsigned long long offset = 0;

	s = above ? above : below;
	if (!s ||
	    (*s &&
		(*s != (above ? '+' : '-') ||
		    decimal(s + 1, SIGNALS - RTMIN, &offset) < 0)))
		return -1;
	return above ? RTMIN + (int)offset : SIGNALS - (int)offset;
}

int
signal_number(const char *name)
{
	unsigned long long number;
	const char *rest = text_after_word(name, "SIG");

	if (decimal(name, SIGNALS, &number) == 0)
		return number > 0 ? (int)number : -1;
	if (rest)
		name = rest;
	for (int i = 1; i < NAMES; i++) {
		rest = names[i][0] ? text_after_word(name, names[i] + 3) : NULL;
		if (rest && !*rest)
			return i;
	}
	return realtime_number(name);
}

const char *
signal_name(int number)
{
	if (number <= 0 || number >= NAMES || !names[number][0])
		return NULL;
	return names[number];
}
