/*
 * arrest PID CALL LOG [itself]: whom PID forks from now on, and whom they fork,
 * stops for ever where it calls CALL; only SIGKILL ends it. PID itself goes on,
 * or it is the only one to stop, once it has forked. Says "attached" on stderr, and in LOG whom it
 * holds: "HELD pid". Ends with the last of them.
 */
#include <err.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define OPTIONS                                                             \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	    PTRACE_O_TRACECLONE)
#define AT_A_CALL (SIGTRAP | 0x80)

static bool
enters(pid_t pid, unsigned long long call)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info),
		   &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == call;
}

/* What is left to deliver of the signal that it stopped with. */
static int
signal_of(int status)
{
	int number = WSTOPSIG(status);

	return status >> 16 || number == AT_A_CALL ? 0 : number;
}

/* It was stopped by a signal, and stays so until one continues it. */
static bool
is_stopped(int status)
{
	return status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
}

static void
go_on(pid_t pid, int status, bool watched)
{
	long signal = signal_of(status);

	if (is_stopped(status))
		(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		(void)ptrace(watched ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
		    (void *)signal);
}

int
main(int argc, char **argv)
{
	int status, call;
	pid_t parent, pid;
	bool itself = argc == 5 && strcmp(argv[4], "itself") == 0;

	if (argc != 4 && !itself)
		errx(2, "usage: arrest PID CALL LOG [itself]");
	parent = atoi(argv[1]);
	call = seccomp_syscall_resolve_name(argv[2]);
	if (call < 0)
		errx(2, "%s: no such system call", argv[2]);
	if (freopen(argv[3], "w", stdout) == NULL)
		err(1, "%s", argv[3]);
	if (ptrace(PTRACE_SEIZE, parent, NULL, (void *)OPTIONS) < 0)
		err(1, "%d", parent);
	fprintf(stderr, "attached\n");
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		if ((pid == parent) == itself &&
		    WSTOPSIG(status) == AT_A_CALL &&
		    enters(pid, (unsigned long long)call)) {
			printf("HELD %d\n", pid);
			fflush(stdout);
		} else {
			go_on(pid, status, (pid == parent) == itself);
		}
	}
	return 0;
}
