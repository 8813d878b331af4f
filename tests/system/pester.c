/*
 * pester [-e MICROSECONDS] [-n SENDERS] SIGNAL SECONDS PID|tracer: sends SIGNAL
 * to PID, or to whoever traces PID 1, again and again, for SECONDS. Returns
 * once all senders have begun; they go on in the background.
 */
#include "tracer.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Until SIGALRM ends it. */
static _Noreturn void
pester(int number, const char *whom, long pause_us, int begun)
{
	struct timespec pause = { .tv_nsec = pause_us * 1000 };
	pid_t pid = 0;

	for (;;) {
		if (pid == 0)
			pid =
			    strcmp(whom, "tracer") == 0 ? tracer() : atoi(whom);
		if (pid == 0 || (kill(pid, number) == -1 && errno == ESRCH))
			pid = 0;
		else if (begun != -1)
			close(begun), begun = -1;
		if (pause_us > 0)
			nanosleep(&pause, NULL);
	}
}

int
main(int argc, char *argv[])
{
	long pause_us = 0;
	int opt, senders = 1, pipe_[2];
	char byte;

	while ((opt = getopt(argc, argv, "e:n:")) != -1)
		if (opt == 'e')
			pause_us = atol(optarg);
		else if (opt == 'n')
			senders = atoi(optarg);
	if (argc - optind != 3)
		errx(2,
		    "usage: pester [-e US] [-n SENDERS] SIGNAL SECONDS PID");
	for (int i = 0; i < senders; i++) {
		if (pipe(pipe_) == -1)
			err(1, "pipe");
		if (fork() == 0) {
			setsid();
			alarm((unsigned)atoi(argv[optind + 1]));
			close(pipe_[0]);
			pester(atoi(argv[optind]), argv[optind + 2], pause_us,
			    pipe_[1]);
		}
		close(pipe_[1]);
		(void)!read(pipe_[0], &byte, 1); /* until it is closed */
		close(pipe_[0]);
	}
	return 0;
}
