#include "doctor/files.h"

#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor/cause.h"
#include "doctor/picture.h"
#include "src/proc/fdinfo.h"
#include "src/proc/mountinfo.h"

/* System calls whose first argument is the file. */
static bool
takes_file(long number)
{
	static const long calls[] = {
		SYS_read,
		SYS_write,
		SYS_pread64,
		SYS_pwrite64,
		SYS_readv,
		SYS_writev,
		SYS_preadv,
		SYS_pwritev,
		SYS_fsync,
		SYS_fdatasync,
		SYS_fstat,
		SYS_fstatfs,
		SYS_getdents64,
		SYS_lseek,
		SYS_ftruncate,
		SYS_fallocate,
		SYS_fchmod,
		SYS_fchown,
		SYS_flock,
		SYS_fcntl,
		SYS_ioctl,
		SYS_sync_file_range,
		SYS_fadvise64,
		SYS_fgetxattr,
		SYS_fsetxattr,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (number == calls[i])
			return true;
	return false;
}

/* -1: it is in no call on a file. */
static int
file_of(int proc, pid_t pid, pid_t tid)
{
	char buffer[256];
	long number;
	unsigned long fd;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/task/%d/syscall", pid,
		tid) < 0 ||
	    sscanf(buffer, "%ld 0x%lx", &number, &fd) != 2 ||
	    !takes_file(number) || fd > INT_MAX)
		return -1;
	return (int)fd;
}

/* 0: not told. It is in the head, however many locks follow (Linux 5.14). */
static unsigned long long
inode_of(int proc, pid_t tid, int number)
{
	char head[256];
	const char *line;

	if (proc_read(proc, head, sizeof(head), "%d/fdinfo/%d", tid, number) <
	    0)
		return 0;
	line = strstr(head, "\nino:\t");
	return line ? strtoull(line + 6, NULL, 10) : 0;
}

static void
note_mount(struct thread *t, const struct mount *m)
{
	if (mount_is_fuse(m))
		t->on.connection = mount_connection(m);
	keep(t->on.point, sizeof(t->on.point), m->point);
}

/* The one with that id; with id -1 the only one of the cause's filesystem. */
static void
find_mount(int proc, pid_t pid, struct thread *t, int id)
{
	int fd =
	    proc_openat(proc, O_RDONLY, "%d/task/%d/mountinfo", pid, t->tid);
	const char *type = cause_filesystem(t->cause);
	const struct mount *mount;
	struct mounts m;
	int found = 0;

	if (fd < 0)
		return;
	(void)mounts_open(&m, fd);
	while ((mount = mounts_next(&m)) != NULL) {
		if (id != -1 ?
			mount->id != id :
			!type || strncmp(mount->type, type, strlen(type)))
			continue;
		if (found++ == 0)
			note_mount(t, mount);
	}
	close(fd);
	/* One of several is none. FUSE has its requests to tell by. */
	if (id == -1 && (found != 1 || cause_is_fuse(t->cause))) {
		t->on.connection = 0;
		t->on.point[0] = '\0';
	}
}

static void
note_source(int proc, pid_t pid, struct thread *t)
{
	int fd = proc_openat(proc, O_RDONLY, "%d/task/%d/mounts", pid, t->tid);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct mntent entry;
	char buffer[8192];

	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (getmntent_r(file, &entry, buffer, sizeof(buffer)) != NULL)
		if (strcmp(entry.mnt_dir, t->on.point) == 0)
			keep(t->on.source, sizeof(t->on.source),
			    entry.mnt_fsname);
	fclose(file);
}

void
files_of_call(const struct picture *p, int proc, struct thread *t)
{
	pid_t pid = p->tasks.process[t->process].pid;
	int number = file_of(proc, pid, t->tid);

	if (number >= 0)
		t->on.inode = inode_of(proc, t->tid, number);
	find_mount(proc, pid, t,
	    number < 0 ? -1 : fdinfo_mount(proc, t->tid, number));
	if (t->on.point[0] != '\0' && t->on.connection == 0)
		note_source(proc, pid, t);
}
