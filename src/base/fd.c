#include "src/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/base/syscalls.h"

#define MINOR_BITS 20	   /* MINORBITS, linux/kdev_t.h */
#define MOST_CLOSED 65536U /* without close_range(2), Linux 5.9 */

int
fd_open(int directory, const char *path, int flags)
{
	return (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE,
	    0644);
}

long
fd_link(int directory, const char *path, char *buffer, size_t size)
{
	return syscall(SYS_readlinkat, directory, path, buffer, size);
}

int
fd_look(int fd, struct statx *status)
{
	return (int)syscall(SYS_statx, fd, "",
	    AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, status);
}

unsigned
device_number(unsigned major, unsigned minor)
{
	return major << MINOR_BITS | minor;
}

unsigned
fd_device(int fd)
{
	struct statx status;

	if (fd_look(fd, &status) < 0)
		return 0;
	return device_number(status.stx_dev_major, status.stx_dev_minor);
}

int
fd_above_stdio(int fd)
{
	int moved, error;

	if (fd < 0 || fd >= STDIO)
		return fd;
	moved = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, STDIO);
	error = errno;
	close(fd);
	errno = error;
	return moved;
}

/* musl's getrlimit(3) and setrlimit(3) would bring its threads along. */
static int
limit_of_files(const struct rlimit *new, struct rlimit *old)
{
	return (int)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, new, old);
}

void
fd_close_between(unsigned first, unsigned last)
{
	struct rlimit limit;

	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (limit_of_files(NULL, &limit) == 0 && last > limit.rlim_cur)
		last = (unsigned)limit.rlim_cur;
	if (last > MOST_CLOSED)
		last = MOST_CLOSED;
	for (unsigned fd = first; fd <= last; fd++)
		close((int)fd);
}

void
fd_replace_by_null(int fd)
{
	int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);

	if (null == fd)
		return;
	if (null < 0 || dup2(null, fd) < 0)
		close(fd);
	if (null >= 0)
		close(null);
}

void
fd_raise_limit(void)
{
	struct rlimit limit;

	if (limit_of_files(NULL, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)limit_of_files(&limit, NULL);
}
