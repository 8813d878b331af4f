#include "src/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/bytes.h"
#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/proc/private_mount.h"

#define PATH_SIZE 64 /* "PID/task/TID/children" and its like */

/* The file system ---------------------------------------------------------- */

/* Does this procfs know us under the number that we know? */
static bool
shows_us(int proc)
{
	char link[16] = "";
	unsigned long long pid;

	return fd_link(proc, "self", link, sizeof(link) - 1) > 0 &&
	    decimal(link, INT_MAX, &pid) == 0 && (pid_t)pid == getpid();
}

static int
if_it_shows_us(int proc)
{
	if (proc >= 0 && shows_us(proc))
		return proc;
	if (proc >= 0)
		close(proc);
	return -1;
}

int
proc_open(void)
{
	int fd = if_it_shows_us(fd_above_stdio(fd_open(AT_FDCWD, "/proc",
	    O_PATH | O_DIRECTORY | O_CLOEXEC)));

	return fd >= 0 ? fd :
			 if_it_shows_us(fd_above_stdio(private_mount("proc")));
}

/* Paths ---------------------------------------------------------------------- */

static int
open_path(int proc, int flags, const char *format, va_list arguments)
{
	struct open_how how = {
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	char path[PATH_SIZE];
	struct text t = text_over(path, sizeof(path));
	int fd;

	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK;
	how.flags = (unsigned)flags;
	text_vformat(&t, format, arguments);
	fd = (int)syscall(SYS_openat2, proc, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = fd_open(proc, path, flags);
	return fd;
}

int
proc_openat(int proc, int flags, const char *format, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, format);
	fd = open_path(proc, flags, format, arguments);
	va_end(arguments);
	return fd;
}

static ssize_t
terminate(char *buffer, ssize_t n)
{
	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

ssize_t
proc_read(int proc, char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	ssize_t n;
	int fd;

	va_start(arguments, format);
	fd = open_path(proc, O_RDONLY, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return -1;
	n = read(fd, buffer, size - 1);
	close(fd);
	return terminate(buffer, n);
}

/* False after the last. */
static bool
next_line(struct bytes *b, char *line, size_t size)
{
	size_t used = 0;
	char byte;

	while ((byte = bytes_next(b)) != '\n' && byte != '\0')
		if (used < size - 1)
			line[used++] = byte;
	line[used] = '\0';
	return byte == '\n';
}

const char *
proc_value(int proc, const char *name, char *line, size_t size,
    const char *format, ...)
{
	const char *value = NULL;
	va_list arguments;
	struct bytes file;

	va_start(arguments, format);
	bytes_open(&file, open_path(proc, O_RDONLY, format, arguments));
	va_end(arguments);
	while (!value && next_line(&file, line, size))
		value = text_after(line, name);
	if (file.fd >= 0)
		close(file.fd);
	return value;
}

/* The link itself is opened: what it leads to is never touched. */
ssize_t
proc_link(int proc, char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	ssize_t n;
	int fd, error;

	va_start(arguments, format);
	fd = open_path(proc, O_PATH | O_NOFOLLOW, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return -1;
	n = fd_link(fd, "", buffer, size - 1);
	error = errno;
	close(fd);
	errno = error;
	return terminate(buffer, n);
}

void
proc_comm(int proc, pid_t pid, char comm[COMM_SIZE])
{
	ssize_t n = proc_read(proc, comm, COMM_SIZE, "%d/comm", pid);

	if (n <= 0)
		memcpy(comm, "?", 2);
	else if (comm[n - 1] == '\n')
		comm[n - 1] = '\0';
}

/* Directories -------------------------------------------------------------- */

/* What getdents64(2) writes. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

int
proc_dir_open(struct proc_dir *d, int proc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	d->fd = open_path(proc, O_RDONLY | O_DIRECTORY, format, arguments);
	va_end(arguments);
	d->at = d->size = 0;
	return d->fd < 0 ? -1 : 0;
}

void
proc_dir_close(struct proc_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static const struct entry *
next_entry(struct proc_dir *d)
{
	const struct entry *e;

	if (d->at >= d->size) {
		d->at = 0;
		d->size = syscall(SYS_getdents64, d->fd, d->buffer,
		    sizeof(d->buffer));
		if (d->size <= 0)
			return NULL;
	}
	e = (const void *)(d->buffer + d->at);
	d->at += e->length;
	return e;
}

bool
proc_dir_next(struct proc_dir *d, int *number)
{
	const struct entry *e;
	unsigned long long value;

	while (d->fd >= 0 && (e = next_entry(d)) != NULL)
		if (decimal(e->name, INT_MAX, &value) == 0) {
			*number = (int)value;
			return true;
		}
	proc_dir_close(d);
	return false;
}
