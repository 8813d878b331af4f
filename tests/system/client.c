/*
 * client: a process that uses a mount. It goes into the background as soon as
 * what it does is in place (for read and fault: just before it blocks).
 *
 * Known bytes are the numbers 0, 1, 2... as 8 bytes each, little-endian: a
 * reader can tell from any prefix that nothing is missing and nothing wrong.
 */
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "descriptors.h"

#define BLOCK 4096 /* bytes that one write(2) takes */
#define PACE_MS 5  /* between two blocks of a stream */

static const char usage[] =
    "usage: client [-fi] [-s PIDFILE] hold|read|fault FILE\n"
    "       client [-fi] [-s PIDFILE] [-p PROGRESS] stream FILE\n"
    "       client [-fi] [-s PIDFILE] write|map FILE BYTES\n"
    "  -f  stay in the foreground\n"
    "  -i  ignore SIGTERM\n"
    "  -s PIDFILE  once FILE is open, stop that server by SIGSTOP\n"
    "  -p PROGRESS  a file to say in, in 8 bytes, how many were written\n"
    "  hold    keep FILE open\n"
    "  read    read FILE\n"
    "  fault   map FILE and touch it\n"
    "  stream  write known bytes to FILE until SIGTERM, then sync it\n"
    "  write   write BYTES known bytes, not synced, and keep FILE open\n"
    "  map     the same through a shared mapping\n";

static int in_place_fd = -1;
static const char *server_pid_file, *progress_file;

/* Lets the parent, if there is one, return. */
static void
in_place(void)
{
	if (in_place_fd != -1 && write(in_place_fd, "", 1) == -1)
		err(1, "in place");
	close(in_place_fd);
	in_place_fd = -1;
}

static void
into_background(void)
{
	int pipefd[2];
	char byte;

	if (pipe2(pipefd, O_CLOEXEC) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(pipefd[0]);
		in_place_fd = pipefd[1];
		return;
	}
	close(pipefd[1]);
	_exit(read(pipefd[0], &byte, 1) == 1 ? 0 : 1);
}

static void
known_bytes(void *block, size_t size, uint64_t first)
{
	uint64_t *number = block;

	for (size_t i = 0; i < size / sizeof(*number); i++)
		number[i] = htole64(first + i);
}

static _Noreturn void
stay(void)
{
	in_place();
	for (;;)
		pause();
}

static void
stop_server(void)
{
	FILE *file = fopen(server_pid_file, "re");
	int pid;

	if (file == NULL || fscanf(file, "%d", &pid) != 1 ||
	    kill(pid, SIGSTOP) == -1)
		err(1, "%s", server_pid_file);
	fclose(file);
}

static int
open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd == -1)
		err(1, "%s", path);
	if (server_pid_file != NULL)
		stop_server();
	return fd;
}

static void
write_block(int fd, size_t size, uint64_t offset)
{
	char block[BLOCK];

	known_bytes(block, size, offset / sizeof(uint64_t));
	if (write(fd, block, size) != (ssize_t)size)
		err(1, "write");
}

static void
write_and_hold(const char *file, size_t size)
{
	int fd = open_file(file, O_RDWR | O_CREAT);

	for (size_t done = 0; done < size; done += BLOCK)
		write_block(fd, size - done < BLOCK ? size - done : BLOCK,
		    done);
	stay();
}

static void
map_and_hold(const char *file, size_t size)
{
	int fd = open_file(file, O_RDWR | O_CREAT);
	void *map;

	if (ftruncate(fd, (off_t)size) == -1)
		err(1, "%s", file);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "%s", file);
	known_bytes(map, size, 0);
	stay();
}

/* In memory that outlives us, whatever ends us between two writes. */
static uint64_t *
open_progress(void)
{
	int fd = open(progress_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	void *map;

	if (fd == -1 || ftruncate(fd, sizeof(uint64_t)) == -1)
		err(1, "%s", progress_file);
	map = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (map == MAP_FAILED)
		err(1, "%s", progress_file);
	return map;
}

static void
stream(const char *file)
{
	uint64_t unseen, *progress = progress_file ? open_progress() : &unseen;
	const struct timespec pace = { .tv_nsec = PACE_MS * 1000000 };
	int fd = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	for (uint64_t offset = 0;; offset += BLOCK) {
		write_block(fd, BLOCK, offset);
		*progress = htole64(offset + BLOCK);
		in_place();
		if (sigtimedwait(&stop, NULL, &pace) == SIGTERM)
			break;
	}
	if (fsync(fd) == -1 || close(fd) == -1)
		err(1, "%s", file);
}

static void
read_file(const char *file)
{
	int fd = open_file(file, O_RDONLY);
	char byte;

	in_place();
	if (read(fd, &byte, 1) == -1)
		err(1, "%s", file);
}

static void
fault_in(const char *file)
{
	int fd = open_file(file, O_RDONLY);
	volatile char *map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		err(1, "%s", file);
	in_place();
	(void)map[0];
}

int
main(int argc, char *argv[])
{
	bool foreground = false;
	const char *what, *file;
	size_t size;
	int opt;

	fill_standard_descriptors();
	while ((opt = getopt(argc, argv, "fip:s:")) != -1) {
		if (opt == 'f')
			foreground = true;
		else if (opt == 'i')
			signal(SIGTERM, SIG_IGN);
		else if (opt == 'p')
			progress_file = optarg;
		else if (opt == 's')
			server_pid_file = optarg;
		else
			errx(2, "%s", usage);
	}
	if (argc - optind < 2)
		errx(2, "%s", usage);
	what = argv[optind];
	file = argv[optind + 1];
	size = argc - optind == 3 ? strtoul(argv[optind + 2], NULL, 10) : 0;
	if (!foreground)
		into_background();
	if (strcmp(what, "write") == 0)
		write_and_hold(file, size);
	else if (strcmp(what, "map") == 0)
		map_and_hold(file, size);
	else if (strcmp(what, "stream") == 0)
		stream(file);
	else if (strcmp(what, "read") == 0)
		read_file(file);
	else if (strcmp(what, "fault") == 0)
		fault_in(file);
	else if (strcmp(what, "hold") == 0)
		write_and_hold(file, 0);
	else
		errx(2, "%s", usage);
	return 0;
}
