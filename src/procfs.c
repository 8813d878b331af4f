#include "src/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/as_owner.h"
#include "src/descriptors.h"
#include "src/format.h"
#include "src/private_mount.h"

#define PATH_SIZE 64 /* "PID/task/TID/children" and its like */

/* Does this procfs know us under the number that we know? */
static bool
shows_us(int proc)
{
	char link[16];
	ssize_t n = readlinkat(proc, "self", link, sizeof(link) - 1);
	unsigned long long pid;

	if (n <= 0)
		return false;
	link[n] = '\0';
	return decimal(link, INT_MAX, &pid) == 0 && (pid_t)pid == getpid();
}

int
proc_open(void)
{
	int fd = descriptor_above_stdio(open("/proc",
	    O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (fd >= 0 && shows_us(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	fd = descriptor_above_stdio(private_mount("proc"));
	if (fd >= 0 && shows_us(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int
proc_openat(int proc, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(O_RDONLY | O_CLOEXEC | flags),
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, proc, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(proc, path, O_RDONLY | O_CLOEXEC | flags);
	return fd;
}

ssize_t
proc_read(int proc, const char *path, char *buffer, size_t size)
{
	int fd = proc_openat(proc, path, 0);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buffer, size - 1);
	close(fd);
	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

void
proc_comm(int proc, pid_t pid, char comm[COMM_SIZE])
{
	char path[PATH_SIZE];
	struct text t = text_over(path, sizeof(path));
	ssize_t n;

	text_format(&t, "%d/comm", pid);
	n = proc_read(proc, path, comm, COMM_SIZE);
	if (n <= 0)
		strcpy(comm, "?");
	else if (comm[n - 1] == '\n')
		comm[n - 1] = '\0';
}

int
proc_wchan(int proc, pid_t pid, pid_t tid, char *name, size_t size)
{
	char path[PATH_SIZE];
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%d/task/%d/wchan", pid, tid);
	if (proc_read(proc, path, name, size) < 0)
		return -1;
	if (strcmp(name, "0") == 0)
		name[0] = '\0';
	return 0;
}

/* What getdents64(2) writes. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static int
each_number_in(int directory, bool (*visit)(int, void *), void *context)
{
	_Alignas(struct entry) char buffer[4096];
	long n;

	while ((n = syscall(SYS_getdents64, directory, buffer,
		    sizeof(buffer))) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(buffer + at);
			unsigned long long number;

			at += e->length;
			if (decimal(e->name, INT_MAX, &number) == 0 &&
			    !visit((int)number, context))
				return 0;
		}
	return n < 0 ? -1 : 0;
}

int
proc_each_number(int proc, const char *path, bool (*visit)(int, void *),
    void *context)
{
	int directory = proc_openat(proc, path, O_DIRECTORY);
	int result;

	if (directory < 0)
		return -1;
	result = each_number_in(directory, visit, context);
	close(directory);
	return result;
}

int
proc_each_task(int proc, pid_t pid, bool (*visit)(int, void *), void *context)
{
	char path[PATH_SIZE];
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%d/task", pid);
	return proc_each_number(proc, path, visit, context);
}

struct children {
	int proc;
	pid_t pid;
	bool (*visit)(int, void *);
	void *context;
	bool more;
};

static bool
children_of_thread(int tid, void *context)
{
	struct children *c = context;
	char path[PATH_SIZE], buffer[1024];
	struct text t = text_over(path, sizeof(path));
	int fd, child = 0;
	ssize_t n;

	text_format(&t, "%d/task/%d/children", c->pid, tid);
	fd = proc_openat(c->proc, path, 0);
	if (fd < 0)
		return true;
	while (c->more && (n = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n && c->more; i++) {
			if (buffer[i] >= '0' && buffer[i] <= '9') {
				child = child * 10 + (buffer[i] - '0');
				continue;
			}
			if (child > 0)
				c->more = c->visit(child, c->context);
			child = 0;
		}
	close(fd);
	return c->more;
}

int
proc_each_child(int proc, pid_t pid, bool (*visit)(int, void *), void *context)
{
	struct children c = { proc, pid, visit, context, true };

	return proc_each_task(proc, pid, children_of_thread, &c);
}

static mode_t
link_mode(const struct proc_file *file)
{
	char name[16];
	struct text t = text_over(name, sizeof(name));
	struct stat status;

	text_format(&t, "%d", file->number);
	if (fstatat(file->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return status.st_mode;
}

bool
proc_file_reads(const struct proc_file *file)
{
	return link_mode(file) & S_IRUSR;
}

bool
proc_file_writes(const struct proc_file *file)
{
	return link_mode(file) & S_IWUSR;
}

struct files {
	struct proc_file file;
	bool (*visit)(const struct proc_file *, void *);
	void *context;
	bool denied;
};

static bool
visit_file(int number, void *context)
{
	struct files *f = context;
	char name[16];
	struct text t = text_over(name, sizeof(name));
	ssize_t n;

	text_format(&t, "%d", number);
	n = readlinkat(f->file.directory, name, f->file.link,
	    sizeof(f->file.link) - 1);
	if (n < 0) {
		f->denied = errno == EACCES;
		return !f->denied; /* else it was closed meanwhile */
	}
	f->file.link[n] = '\0';
	f->file.number = number;
	return f->visit(&f->file, f->context);
}

static int
each_file(int proc, struct files *f)
{
	char path[PATH_SIZE];
	struct text t = text_over(path, sizeof(path));
	int result;

	text_format(&t, "%d/fd", f->file.pid);
	f->file.directory = proc_openat(proc, path, O_DIRECTORY);
	if (f->file.directory < 0)
		return -1;
	f->denied = false;
	result = each_number_in(f->file.directory, visit_file, f);
	close(f->file.directory);
	return result;
}

int
proc_each_file(int proc, pid_t pid,
    bool (*visit)(const struct proc_file *, void *), void *context)
{
	struct files f = {
		.file.pid = pid, .visit = visit, .context = context
	};
	struct as_owner ours;
	int result = each_file(proc, &f);

	if (!f.denied)
		return result;
	as_owner_begin(&ours, proc, pid);
	result = each_file(proc, &f);
	as_owner_end(&ours);
	return result;
}
