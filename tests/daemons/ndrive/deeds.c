/*
 * What ndrive does to itself: every way known to make a FUSE server wait,
 * while it dies, for an answer that only it could give.
 */
#include "ndrive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEADLINE_MS 10000 /* for another server's mount, or a request */
#define DIRTY_BYTES (64 * 1024)
#define HELPER_DEV_FD 200 /* above every file the helper opens */

struct holder {
	char path[PATH_MAX];
	int error;
	sem_t done;
};

/* Opens and keeps the file; the descriptor belongs to the process. */
static int
open_and_keep(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) == -1 ? -1 : 0;
}

static _Noreturn void *
holder_thread(void *arg)
{
	struct holder *holder = arg;

	holder->error = open_and_keep(holder->path) == -1 ? errno : 0;
	sem_post(&holder->done);
	for (;;)
		pause();
}

static void *
reader_thread(void *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, &byte, 1) == -1)
		perror(path);
	return NULL;
}

static char *
map_shared(const char *path, int flags, size_t size)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);
	char *map;

	if (fd == -1)
		return MAP_FAILED;
	if ((flags & O_ACCMODE) == O_RDWR && ftruncate(fd, (off_t)size) == -1)
		return MAP_FAILED;
	map = mmap(NULL, size,
	    flags == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	return map;
}

/*
 * Without read-ahead: then filemap_fault() itself sends the READ and waits for
 * the answer. Behind read-ahead it waits for the folio, which a SIGKILL ends.
 */
static void *
faulter_thread(void *path)
{
	volatile char *map = map_shared(path, O_RDONLY, 1);

	if (map == MAP_FAILED || madvise((char *)map, 1, MADV_RANDOM) == -1)
		perror(path);
	else
		(void)map[0];
	return NULL;
}

static int
start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, arg);

	if (error != 0) {
		errno = error;
		return -1;
	}
	return 0;
}

static int
hold_in_threads(const char *path, int threads)
{
	static struct holder holder; /* outlives the call, as its threads do */

	snprintf(holder.path, sizeof(holder.path), "%s", path);
	sem_init(&holder.done, 0, 0);
	for (int i = 0; i < threads; i++) {
		if (start_thread(holder_thread, &holder) == -1)
			return -1;
		sem_wait(&holder.done);
		if (holder.error != 0) {
			errno = holder.error;
			return -1;
		}
	}
	return 0;
}

static int
write_and_keep(const char *path)
{
	static const char zeroes[DIRTY_BYTES];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd == -1)
		return -1;
	return write(fd, zeroes, sizeof(zeroes)) == -1 ? -1 : 0;
}

static int
map_and_dirty(const char *path)
{
	char *map = map_shared(path, O_RDWR | O_CREAT, DIRTY_BYTES);

	if (map == MAP_FAILED)
		return -1;
	memset(map, 'd', DIRTY_BYTES);
	return 0;
}

/* Starts a thread whose request is never answered; returns when it is sent. */
static int
get_stuck(struct ndrive *nd, void *(*run)(void *), const char *path)
{
	struct timespec deadline;
	char *kept = strdup(path);

	if (kept == NULL || start_thread(run, kept) == -1)
		return -1;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += DEADLINE_MS / 1000;
	return sem_timedwait(&nd->unanswered, &deadline);
}

/*
 * A dying process closes its descriptors in ascending order: the helper gets
 * stuck in the flush of the file while its /dev/fuse is still open.
 */
static int
fork_helper(const char *path, int fuse_fd)
{
	int in_place[2];
	char byte;
	ssize_t n;

	if (pipe2(in_place, O_CLOEXEC) == -1)
		return -1;
	switch (fork()) {
	case -1:
		return -1;
	case 0:
		if (dup2(fuse_fd, HELPER_DEV_FD) == -1)
			_exit(1);
		close(fuse_fd);
		if (open_and_keep(path) == -1 || write(in_place[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(in_place[1]);
	n = read(in_place[0], &byte, 1);
	close(in_place[0]);
	if (n == 1)
		return 0;
	errno = ECHILD;
	return -1;
}

static bool
is_mountpoint(FILE *mountinfo, const char *path)
{
	char line[2 * PATH_MAX + 256], point[PATH_MAX];

	rewind(mountinfo);
	while (fgets(line, sizeof(line), mountinfo) != NULL)
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 &&
		    strcmp(point, path) == 0)
			return true;
	return false;
}

static int
await_mount(const char *path)
{
	FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
	struct pollfd changed = { .events = POLLPRI };

	if (mountinfo == NULL)
		return -1;
	changed.fd = fileno(mountinfo);
	while (!is_mountpoint(mountinfo, path)) {
		if (poll(&changed, 1, DEADLINE_MS) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	fclose(mountinfo);
	return 0;
}

/* Fifos are opened for both, so that nobody waits for the other to come. */
static int
await_go(const char *path)
{
	char byte;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, &byte, 1);
	close(fd);
	return n == 1 ? 0 : -1;
}

static int
run(const char *path)
{
	pid_t pid = fork();
	sigset_t none; /* a thread that serves has blocked some */

	if (pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	return pid == -1 ? -1 : 0;
}

int
deed_run(struct ndrive *nd, const struct deed *deed, int fuse_fd, int threads)
{
	char path[PATH_MAX];

	if (deed->path[0] == '/')
		snprintf(path, sizeof(path), "%s", deed->path);
	else
		snprintf(path, sizeof(path), "%s/%s", nd->mountpoint,
		    deed->path);
	switch (deed->kind) {
	case DEED_AWAIT_MOUNT:
		return await_mount(path);
	case DEED_HOLD:
		return threads == 0 ? open_and_keep(path) :
				      hold_in_threads(path, threads);
	case DEED_DIRTY:
		return write_and_keep(path);
	case DEED_MAP:
		return map_and_dirty(path);
	case DEED_READ:
		return get_stuck(nd, reader_thread, path);
	case DEED_FAULT:
		return get_stuck(nd, faulter_thread, path);
	case DEED_HELPER:
		return fork_helper(path, fuse_fd);
	case DEED_RUN:
		return run(path);
	case DEED_AWAIT_GO:
		return await_go(path);
	}
	errno = EINVAL;
	return -1;
}
