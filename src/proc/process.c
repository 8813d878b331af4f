#include "src/proc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/base/pidfd.h"
#include "src/base/text.h"

/* Children ----------------------------------------------------------------- */

int
proc_children_open(struct proc_children *c, int proc, pid_t pid)
{
	c->proc = proc;
	c->pid = pid;
	c->list.fd = -1;
	return proc_dir_open(&c->tasks, proc, "%d/task", pid);
}

void
proc_children_close(struct proc_children *c)
{
	if (c->list.fd >= 0)
		close(c->list.fd);
	c->list.fd = -1;
	proc_dir_close(&c->tasks);
}

/* Each pid in it is followed by a blank: children_seq_show(). */
static pid_t
next_pid(struct proc_children *c)
{
	pid_t pid = 0;
	char byte;

	while ((byte = bytes_next(&c->list)) >= '0' && byte <= '9')
		pid = pid * 10 + (byte - '0');
	return pid;
}

bool
proc_children_next(struct proc_children *c, pid_t *child)
{
	int tid;

	for (;;) {
		if (c->list.fd >= 0 && (*child = next_pid(c)) > 0)
			return true;
		if (c->list.fd >= 0)
			close(c->list.fd);
		c->list.fd = -1;
		if (!proc_dir_next(&c->tasks, &tid))
			return false;
		bytes_open(&c->list,
		    proc_openat(c->proc, O_RDONLY, "%d/task/%d/children",
			c->pid, tid));
	}
}

bool
proc_is_child(int proc, pid_t pid, pid_t child)
{
	struct proc_children c;
	pid_t one;

	for (proc_children_open(&c, proc, pid); proc_children_next(&c, &one);)
		if (one == child) {
			proc_children_close(&c);
			return true;
		}
	return false;
}

/* Open files --------------------------------------------------------------- */

#ifdef FINI_NO_FDINFO
#define TOLD false /* as before Linux 6.2, for tests */
#else
#define TOLD true
#endif

int
proc_files_open(struct proc_files *f, int proc, pid_t pid)
{
	f->proc = proc;
	f->pid = pid;
	f->as_owner = false;
	f->every = false;
	f->tables.leader = pid;
	f->tables.tasks.fd = -1;
	f->tables.begun = false;
	f->tables.first = f->tables.last = f->tables.read = 0;
	return proc_dir_open(&f->dir, proc, "%d/fd", pid);
}

void
proc_files_close(struct proc_files *f)
{
	proc_dir_close(&f->dir);
	proc_dir_close(&f->tables.tasks);
	f->tables.begun = true;
	if (f->as_owner)
		owner_end(&f->ours);
	f->as_owner = false;
}

static bool
again_as_owner(struct proc_files *f)
{
	if (f->as_owner)
		return false;
	proc_dir_close(&f->dir);
	f->as_owner = true;
	owner_begin_with(&f->ours, f->proc, f->pid);
	return proc_dir_open(&f->dir, f->proc, "%d/fd", f->pid) == 0;
}

/* How many files it has: the size of fd (proc_fd_getattr(), Linux 6.2). */
static unsigned
files_told(int table)
{
	struct statx status;

	if (!TOLD ||
	    syscall(SYS_statx, table, "", AT_EMPTY_PATH, STATX_SIZE, &status) <
		0)
		return 0;
	return (unsigned)status.stx_size;
}

/*
 * One process must not use up a look at all: 500 threads with 4,000 files in a
 * table that they share would be two million numbers.
 */
#define READ_MOST 8192

/*
 * What tables that differ mostly differ in: how many files, or where that is not
 * told, with `every`, their numbers. 0: it has none.
 */
static unsigned
sign_of(struct proc_files *f, pid_t tid)
{
	struct proc_dir table;
	unsigned sign;
	int number;

	if (proc_dir_open(&table, f->proc, "%d/fd", tid) < 0)
		return 0;
	sign = files_told(table.fd);
	if (sign == 0)
		for (;
		     (sign == 0 || f->every) && proc_dir_next(&table, &number);
		     f->tables.read++)
			sign = f->every ? sign * 31 + (unsigned)number + 1 : 1;
	proc_dir_close(&table);
	return sign;
}

/* The first one's is asked for again: files come and go meanwhile. */
static bool
is_another(struct proc_files *f, pid_t tid)
{
	struct tables *t = &f->tables;
	unsigned sign = sign_of(f, tid);

	if (sign == 0 || sign == t->first || sign == t->last)
		return false;
	t->first = sign_of(f, t->leader);
	t->last = sign;
	return sign != t->first;
}

/* A table is a task's: a thread may have one of its own (unshare(2)). */
static bool
next_table(struct proc_files *f)
{
	struct tables *t = &f->tables;
	int tid;

	if (!t->begun)
		(void)proc_dir_open(&t->tasks, f->proc, "%d/task", t->leader);
	t->begun = true;
	while (t->read < READ_MOST && proc_dir_next(&t->tasks, &tid))
		if (tid != t->leader && is_another(f, tid) &&
		    proc_dir_open(&f->dir, f->proc, "%d/fd", tid) == 0) {
			f->pid = tid;
			return true;
		}
	return false;
}

/* False at the end of a table, or if it cannot be looked at. */
static bool
next_file(struct proc_files *f)
{
	while (proc_dir_next(&f->dir, &f->number)) {
		char name[16];
		struct text t = text_over(name, sizeof(name));
		ssize_t n;

		text_format(&t, "%d", f->number);
		n = fd_link(f->dir.fd, name, f->link, sizeof(f->link) - 1);
		if (n >= 0) {
			f->link[n] = '\0';
			return true;
		}
		/* Else it was closed meanwhile. */
		if (errno == EACCES && !again_as_owner(f))
			break;
	}
	proc_dir_close(&f->dir);
	return false;
}

bool
proc_files_next(struct proc_files *f)
{
	while (!next_file(f))
		if (!next_table(f)) {
			proc_files_close(f);
			return false;
		}
	return true;
}

/* The file itself, or with AT_SYMLINK_NOFOLLOW its link. */
static bool
look(const struct proc_files *f, int flags, unsigned mask, struct statx *found)
{
	char name[16];
	struct text t = text_over(name, sizeof(name));

	text_format(&t, "%d", f->number);
	return syscall(SYS_statx, f->dir.fd, name, flags, mask, found) == 0;
}

int
proc_file_device(const struct proc_files *f, unsigned *device)
{
	struct statx file;

	*device = 0;
	if (f->link[0] != '/') /* pipes, sockets and the like have no path */
		return 0;
	if (!look(f, AT_STATX_DONT_SYNC, 0, &file))
		return -1;
	if (S_ISCHR(file.stx_mode))
		*device =
		    device_number(file.stx_rdev_major, file.stx_rdev_minor);
	return 0;
}

static bool
has_mode(const struct proc_files *f, unsigned mode)
{
	struct statx link;

	return look(f, AT_SYMLINK_NOFOLLOW, STATX_MODE, &link) &&
	    (link.stx_mode & mode) != 0;
}

bool
proc_file_reads(const struct proc_files *f)
{
	return has_mode(f, S_IRUSR);
}

bool
proc_file_writes(const struct proc_files *f)
{
	return has_mode(f, S_IWUSR);
}

int
proc_file_duplicate(const struct proc_files *f, int pidfd)
{
	pid_t leader = f->tables.leader;
	int fd, thread, alive;

	if (f->pid == leader)
		return pidfd_getfd(pidfd, f->number);
	thread = pidfd_of_thread(f->pid);
	alive = proc_openat(f->proc, O_PATH, "%d/task/%d", leader, f->pid);
	fd = alive < 0 ? -1 : pidfd_getfd(thread, f->number);
	if (alive >= 0)
		close(alive);
	if (thread >= 0)
		close(thread);
	return fd;
}
