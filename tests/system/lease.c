/*
 * lease FILE...: takes a write lease on each, and does not give it up, whoever
 * wants to open it (fcntl(2), F_SETLEASE). Returns once it has them, or with 1
 * and a line; goes on in the background, for 30 seconds.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void
take(const char *file)
{
	int fd = open(file, O_RDONLY);

	if (fd < 0)
		fd = open(file, O_WRONLY);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		err(1, "%s", file);
}

int
main(int argc, char *argv[])
{
	int taken[2];
	char byte;

	if (pipe(taken) == -1)
		err(1, "pipe");
	if (fork() == 0) {
		setsid();
		signal(SIGIO, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		for (int i = 1; i < argc; i++)
			take(argv[i]);
		(void)!write(taken[1], ".", 1);
		close(taken[0]);
		close(taken[1]);
		sleep(30);
		_exit(0);
	}
	close(taken[1]);
	return read(taken[0], &byte, 1) == 1 ? 0 : 1;
}
