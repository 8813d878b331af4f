#include "src/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/mountinfo.h"

#define FUSE_MAJOR 10 /* /dev/fuse: Documentation/admin-guide/devices.txt */
#define FUSE_MINOR 229
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
		if (look(fd, &s) < 0) {
			stdio->fd[fd].closed = errno == EBADF;
			continue; /* no statx(2): leave it as it is */
		}
		stdio->fd[fd].file = S_ISREG(s.stx_mode) || S_ISDIR(s.stx_mode);
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

void
descriptors_close(const struct stdio *stdio, const int *keep, int count)
{
	int from = STDIO, kept;

	for (int fd = 0; fd < STDIO; fd++)
		if (stdio->fd[fd].fuse || stdio->fd[fd].closed ||
		    (stdio->fd[fd].file && !stdio->fd[fd].placed))
			replace(fd);
	while ((kept = next_kept(keep, count, from)) >= 0) {
		if (kept > from)
			close_between((unsigned)from, (unsigned)kept - 1);
		from = kept + 1;
	}
	close_between((unsigned)from, ~0U);
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
