/*
 * probe WHAT [ARGUMENT ...]: what a main is, or a process that main leaves
 * behind, for the tests of the init. It says on standard output what happens
 * to it, one event a line.
 *
 *   signals            "ready PID", then "NUMBER VALUE" for each signal that
 *                      comes; ends with 42 by a signal with the value 4242
 *   wait               "ready PID PPID PGID"; ends by any signal
 *   polite             "polite PID", and by SIGTERM "TERM to PID", exit 3
 *   stubborn           "stubborn PID"; ignores SIGTERM
 *   orphan             "orphan PPID" once its parent is gone; ends by any signal
 *   leave N WHAT...    N children that are probe WHAT...; ends with 7
 *                      once all of them are what they are to be
 *   zombies N          N orphans that end at once; "done" when they have
 *   gate FIFO CMD...   executes CMD once it has read a byte
 *   with B I CMD...    blocks and ignores signals (lists of numbers, or -),
 *                      then executes CMD
 *   flood PID N S      signal N to the first thread of PID, without a pause,
 *                      for S seconds, or until it is gone
 *   mounts N DIR CMD.. N bind mounts in DIR with names that need escapes, then
 *                      executes CMD
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"

#define QUIT 4242

/* The pipe on which children of `leave` say that they are there. */
static int left = -1;

static void
set_mask(uint64_t mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

/* One write(2) for a line: others write to the same file. */
static void
say(const char *format, int a, int b, int c)
{
	char line[100];
	int n = snprintf(line, sizeof(line), format, a, b, c);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		warn("write");
	close(left); /* and whoever left us may go */
}

static _Noreturn void
wait_for_end(void)
{
	for (;;)
		pause();
}

/* rt_sigtimedwait(2) by hand: glibc's leaves out 32 and 33. */
static int
signals(void)
{
	const uint64_t all = ~UINT64_C(0);
	siginfo_t info;

	set_mask(all);
	say("ready %d\n", getpid(), 0, 0);
	for (;;) {
		int number = (int)syscall(SYS_rt_sigtimedwait, &all, &info,
		    NULL, sizeof(all));

		if (number < 0)
			continue;
		if (info.si_code == SI_QUEUE && info.si_int == QUIT)
			return 42;
		say("%d %d\n", number,
		    info.si_code == SI_QUEUE ? info.si_int : 0, 0);
	}
}

static void
leave_politely(int number)
{
	(void)number;
	say("TERM to %d\n", getpid(), 0, 0);
	_exit(3);
}

static int
polite(void)
{
	signal(SIGTERM, leave_politely);
	say("polite %d\n", getpid(), 0, 0);
	wait_for_end();
}

static int
stubborn(void)
{
	signal(SIGTERM, SIG_IGN);
	say("stubborn %d\n", getpid(), 0, 0);
	wait_for_end();
}

static int
orphan(void)
{
	pid_t parent = getppid();
	int pidfd = (int)syscall(SYS_pidfd_open, parent, 0);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	close(left);
	/* Readable a moment before the children are given away. */
	while (poll(&end, 1, -1) == 1 && getppid() == parent)
		sched_yield();
	say("orphan %d\n", getppid(), 0, 0);
	wait_for_end();
}

static int
wait_simply(void)
{
	say("ready %d %d %d\n", getpid(), getppid(), getpgrp());
	wait_for_end();
}

static int be(char **argv);

static int
leave(int count, char **argv)
{
	int there[2];
	char byte;

	fill_standard_descriptors();
	if (pipe(there) == -1)
		err(1, "pipe");
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == -1)
			err(1, "fork");
		if (pid == 0) {
			close(there[0]);
			close(left);
			left = there[1];
			_exit(be(argv));
		}
	}
	close(there[1]);
	if (read(there[0], &byte, 1) != 0)
		err(1, "read");
	return 7;
}

/* Each is the child of a child that is gone before it. */
static int
zombies(int count)
{
	int there[2];
	char byte;

	if (pipe(there) == -1)
		err(1, "pipe");
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == -1)
			err(1, "fork");
		if (pid == 0) {
			if (fork() == 0)
				setpgid(0, 0);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	close(there[1]);
	if (read(there[0], &byte, 1) != 0)
		err(1, "read");
	say("done\n", 0, 0, 0);
	wait_for_end();
}

static uint64_t
numbers(char *list)
{
	uint64_t mask = 0;

	for (char *one = strtok(list, ","); one; one = strtok(NULL, ","))
		if (atoi(one) > 0)
			mask |= UINT64_C(1) << (atoi(one) - 1);
	return mask;
}

/* The kernel's struct sigaction: glibc's wrapper refuses 32 and 33. */
static void
ignore(uint64_t mask)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = SIG_IGN };

	for (int n = 1; n <= 64; n++)
		if (mask & UINT64_C(1) << (n - 1))
			syscall(SYS_rt_sigaction, n, &action, NULL, 8);
}

static int
execute(char **argv)
{
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static int
gate(const char *path, char **argv)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd == -1 || read(fd, &byte, 1) != 1)
		err(1, "%s", path);
	return execute(argv);
}

static int
with(char **argv)
{
	set_mask(numbers(argv[0]));
	ignore(numbers(argv[1]));
	return execute(argv + 2);
}

/* Also while the queue is full: EAGAIN. */
static int
flood(pid_t pid, int number, int seconds)
{
	struct timespec now;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (end = now.tv_sec + seconds; now.tv_sec < end;
	     clock_gettime(CLOCK_MONOTONIC, &now))
		if (syscall(SYS_tgkill, pid, pid, number) == -1 &&
		    errno != EAGAIN)
			return 1;
	return 0;
}

static int
mounts(int count, const char *directory, char **argv)
{
	char path[500];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/sp ace\n\\040#\t%d", directory,
		    i);
		if (mkdir(path, 0755) == -1 ||
		    mount(directory, path, NULL, MS_BIND, NULL) == -1)
			err(1, "%s", path);
	}
	return execute(argv);
}

static int
be(char **argv)
{
	const char *what = argv[0];

	if (strcmp(what, "signals") == 0)
		return signals();
	if (strcmp(what, "wait") == 0)
		return wait_simply();
	if (strcmp(what, "polite") == 0)
		return polite();
	if (strcmp(what, "stubborn") == 0)
		return stubborn();
	if (strcmp(what, "orphan") == 0)
		return orphan();
	if (strcmp(what, "leave") == 0)
		return leave(atoi(argv[1]), argv + 2);
	if (strcmp(what, "zombies") == 0)
		return zombies(atoi(argv[1]));
	if (strcmp(what, "gate") == 0)
		return gate(argv[1], argv + 2);
	if (strcmp(what, "with") == 0)
		return with(argv + 1);
	if (strcmp(what, "flood") == 0)
		return flood(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]));
	if (strcmp(what, "mounts") == 0)
		return mounts(atoi(argv[1]), argv[2], argv + 3);
	errx(2, "no such thing: %s", what);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: probe WHAT [ARGUMENT ...]");
	return be(argv + 1);
}
