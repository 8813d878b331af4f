/*
 * Signals as the kernel has them: 1 to 64, in one word. musl's sigset functions
 * leave out 32 to 34, which it uses itself; 34 is glibc's SIGRTMIN, which a
 * container's program may well be sent. So: raw system calls.
 */
#ifndef FINI_SIGNALS_H
#define FINI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

#define SIGNALS 64 /* the kernel's _NSIG on every architecture but MIPS */

/* What main must get back before it is executed. */
struct signal_state {
	uint64_t mask;		/* bit n-1: signal n is blocked */
	struct sigaction child; /* SIGCHLD's */
};

/*
 * Blocks every signal and gives SIGCHLD its default action (an inherited
 * SIG_IGN would make the kernel reap main and lose its status: wait(2)).
 * A blocked signal is queued even where its action is "ignore", also for
 * PID 1 (sig_ignored(), kernel/signal.c).
 */
void signals_block(struct signal_state *before);

/* In main's process, before execve(2): everything as init got it. */
void signals_restore(const struct signal_state *before);

/* A signalfd(2) for every signal, not blocking. -1 and errno. */
int signals_open(void);

#define SIGNALS_ROUND 16 /* a flood of them must not keep us from all else */

/* What was read in one round, and a stop signal that a flood has hidden. */
struct signals {
	int count;
	struct signalfd_siginfo signal[SIGNALS_ROUND + 1];
};

/*
 * What is pending, in one read(2): 0, or -1 and errno if `fd` cannot be read.
 * SIGKILL and SIGSTOP never come (signal(7)).
 */
int signals_read(int fd, struct signals *got);

/*
 * The same without a signalfd, by rt_sigtimedwait(2): waits for at most
 * `timeout_ms` (-1: for ever). Where even that is refused it sleeps, for a
 * tick, and knows of none. With NULL it only waits; no signal is taken.
 */
void signals_wait(struct signals *got, int timeout_ms);

/* SIGTERM, SIGINT, SIGQUIT: main is to end. */
bool signal_stops(int number);

/*
 * "TERM", "sigterm", "15", "RTMIN+1" (34 is RTMIN, as glibc counts; 64 is
 * RTMAX) to its number. -1 if there is no such signal.
 */
int signal_number(const char *name);

/* "SIGTERM" for 15; NULL where a signal has no name of its own. */
const char *signal_name(int number);

#endif
