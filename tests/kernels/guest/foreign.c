/*
 * A drive that is served outside of the containers. Each has a client of it
 * inside; none may end it, nor lose a byte of what that client wrote.
 */
#include "guest.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACK "/foreign/back"
#define MOUNT "/foreign/mnt" /* plan.py knows it */

bool
foreign_start(void)
{
	int status;
	pid_t pid;

	mkdir("/foreign", 0755);
	mkdir(BACK, 0755);
	mkdir(MOUNT, 0755);
	pid = fork();
	if (pid == 0) {
		execl("/bin/ndrive", "ndrive", BACK, MOUNT, NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool
still_serves(void)
{
	int fd = open(MOUNT "/outside", O_WRONLY | O_CREAT | O_APPEND, 0644);
	bool written = fd != -1 && write(fd, "x", 1) == 1;

	return fd != -1 && close(fd) == 0 && written;
}

/* What client writes: 0, 1, 2... as 8 bytes each. */
static bool
is_known(int fd)
{
	uint64_t numbers[512], next = 0;
	ssize_t n;

	while ((n = read(fd, numbers, sizeof(numbers))) > 0)
		for (ssize_t i = 0; i < n / (ssize_t)sizeof(*numbers); i++)
			if (numbers[i] != htole64(next++))
				return false;
	return n == 0 && next > 0;
}

void
foreign_check(const struct container *container)
{
	char path[128];
	int fd;

	if (!still_serves())
		fail(container, "the foreign connection");
	snprintf(path, sizeof(path), BACK "%s",
	    strrchr(container->scratch, '/'));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || !is_known(fd)) {
		errno = fd == -1 ? errno : EILSEQ;
		fail(container, "what a client wrote to the foreign drive");
	}
	close(fd);
	unlink(path);
}
