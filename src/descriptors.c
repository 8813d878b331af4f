#include "src/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/child.h"
#include "src/clock.h"
#include "src/mountinfo.h"
#include "src/population.h"

#define FUSE_MAJOR 10 /* /dev/fuse: Documentation/admin-guide/devices.txt */
#define FUSE_MINOR 229
#define CLOSERS 8 /* children that may get stuck in closing */
#define CLOSE_MS 200
#define MOST_CLOSED 65536U /* without close_range(2), Linux 5.9 */

static int
look(int fd, struct statx *s)
{
	return (int)syscall(SYS_statx, fd, "",
	    AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, s);
}

unsigned
descriptor_device(int fd)
{
	struct statx s;

	if (look(fd, &s) < 0)
		return 0;
	return device_number(s.stx_dev_major, s.stx_dev_minor);
}

int
descriptor_above_stdio(int fd)
{
	int moved, error;

	if (fd < 0 || fd >= STDIO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDIO);
	error = errno;
	close(fd);
	errno = error;
	return moved;
}

void
descriptors_look(struct stdio *stdio)
{
	for (int fd = 0; fd < STDIO; fd++) {
		struct statx s;

		stdio->fd[fd].file = stdio->fd[fd].fuse = false;
		stdio->fd[fd].placed = stdio->fd[fd].closed = false;
		stdio->fd[fd].device = false;
		if (look(fd, &s) < 0) {
			stdio->fd[fd].closed = errno == EBADF;
			continue; /* no statx(2): leave it as it is */
		}
		stdio->fd[fd].file = S_ISREG(s.stx_mode) || S_ISDIR(s.stx_mode);
		stdio->fd[fd].device = S_ISCHR(s.stx_mode);
		stdio->fd[fd].fuse = S_ISCHR(s.stx_mode) &&
		    s.stx_rdev_major == FUSE_MAJOR &&
		    s.stx_rdev_minor == FUSE_MINOR;
		stdio->fd[fd].major = s.stx_dev_major;
		stdio->fd[fd].minor = s.stx_dev_minor;
	}
}

void
descriptors_place(struct stdio *stdio, const struct mount *m)
{
	for (int fd = 0; fd < STDIO; fd++)
		if (stdio->fd[fd].file && stdio->fd[fd].major == m->major &&
		    stdio->fd[fd].minor == m->minor) {
			stdio->fd[fd].placed = true;
			stdio->fd[fd].fuse |= mount_is_fuse(m);
		}
}

static void
close_between(unsigned first, unsigned last)
{
	struct rlimit limit;

	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && last > limit.rlim_cur)
		last = (unsigned)limit.rlim_cur;
	if (last > MOST_CLOSED)
		last = MOST_CLOSED;
	for (unsigned fd = first; fd <= last; fd++)
		close((int)fd);
}

static void
replace(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null == fd)
		return;
	if (null < 0 || dup2(null, fd) < 0)
		close(fd);
	if (null >= 0)
		close(null);
}

/* The smallest of `keep` that is at least `from`; -1 if there is none. */
static int
next_kept(const int *keep, int count, int from)
{
	int next = -1;

	for (int i = 0; i < count; i++)
		if (keep[i] >= from && (next < 0 || keep[i] < next))
			next = keep[i];
	return next;
}

static bool
is_on_fuse(const struct stdio *stdio, int fd)
{
	return stdio->fd[fd].fuse ||
	    (stdio->fd[fd].file && !stdio->fd[fd].placed);
}

bool
descriptors_on_fuse(const struct stdio *stdio)
{
	for (int fd = 0; fd < STDIO; fd++)
		if (is_on_fuse(stdio, fd))
			return true;
	return false;
}

static void
close_all(const struct stdio *stdio, const int *keep, int count)
{
	int from = STDIO, kept;

	for (int fd = 0; fd < STDIO; fd++)
		if (stdio->fd[fd].closed || is_on_fuse(stdio, fd))
			replace(fd);
	while ((kept = next_kept(keep, count, from)) >= 0) {
		if (kept > from)
			close_between((unsigned)from, (unsigned)kept - 1);
		from = kept + 1;
	}
	close_between((unsigned)from, ~0U);
}

/*
 * A descriptor is gone from the table before its file is flushed: who comes
 * after one who is stuck goes on behind it.
 */
static void
close_in_children(const struct stdio *stdio, const int *keep, int count,
    struct population *population)
{
	for (int i = 0; i < CLOSERS; i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD,
		    NULL, NULL, NULL, NULL);
		siginfo_t info;

		if (pid == 0) {
			close_all(stdio, keep, count);
			_exit(0);
		}
		if (pid < 0 ||
		    child_wait(pid, now_ms() + CLOSE_MS, population, &info))
			break;
	}
}

void
descriptors_close(const struct stdio *stdio, const int *keep, int count,
    bool may_wait, struct population *population)
{
	if (may_wait)
		close_in_children(stdio, keep, count, population);
	else
		close_all(stdio, keep, count);
	(void)!chdir("/");
}

void
descriptors_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

void
descriptors_for_command(void)
{
	replace(STDIN_FILENO);
	close_between(STDIO, ~0U);
}
