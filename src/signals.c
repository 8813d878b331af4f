#include "src/signals.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/format.h"

#define RTMIN 34 /* what glibc calls SIGRTMIN, and so does kill -l */

static const char *const names[] = {
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

int
signals_read(int fd, struct signalfd_siginfo *signal)
{
	return read(fd, signal, sizeof(*signal)) == (ssize_t)sizeof(*signal);
}

static int
realtime_number(const char *s)
{
	unsigned long long offset = 0;

	if (strncasecmp(s, "RTMIN", 5) == 0) {
		s += 5;
		if (*s == '\0')
			return RTMIN;
		if (*s++ == '+' && decimal(s, SIGNALS - RTMIN, &offset) == 0)
			return RTMIN + (int)offset;
	} else if (strncasecmp(s, "RTMAX", 5) == 0) {
		s += 5;
		if (*s == '\0')
			return SIGNALS;
		if (*s++ == '-' && decimal(s, SIGNALS - RTMIN, &offset) == 0)
			return SIGNALS - (int)offset;
	}
	return -1;
}

int
signal_number(const char *name)
{
	unsigned long long number;

	if (decimal(name, SIGNALS, &number) == 0)
		return number > 0 ? (int)number : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < NAMES; i++)
		if (names[i] && strcasecmp(names[i] + 3, name) == 0)
			return i;
	return realtime_number(name);
}

const char *
signal_name(int number)
{
	return number > 0 && number < NAMES ? names[number] : NULL;
}
