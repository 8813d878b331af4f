/*
 * attach [SECONDS]: traces whoever traces PID 1, as gdb -p does, and leaves it
 * stopped for that long; killed meanwhile, it is not reaped. Returns once it is
 * stopped, or with 1 if it may not be traced.
 */
#include "tracer.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void
hold(unsigned seconds, int held)
{
	pid_t pid = tracer();
	siginfo_t info;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		err(1, "%d", pid);
	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | __WALL) < 0)
		err(1, "waitid");
	(void)!write(held, ".", 1);
	close(held);
	sleep(seconds);
	_exit(0);
}

int
main(int argc, char *argv[])
{
	unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 30;
	int held[2];
	char byte;

	if (pipe(held) == -1)
		err(1, "pipe");
	if (fork() == 0) {
		setsid();
		close(held[0]);
		hold(seconds, held[1]);
	}
	close(held[1]);
	return read(held[0], &byte, 1) == 1 ? 0 : 1;
}
