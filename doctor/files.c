#include "doctor/files.h"

#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
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

static void
note_mount(struct thread *t, const struct mount *m)
{
	if (mount_is_fuse(m))
		t->connection = mount_connection(m);
	keep(t->point, sizeof(t->point), m->point);
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
		t->connection = 0;
		t->point[0] = '\0';
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
		if (strcmp(entry.mnt_dir, t->point) == 0)
			keep(t->source, sizeof(t->source), entry.mnt_fsname);
	fclose(file);
}

void
files_of_call(const struct picture *p, int proc, struct thread *t)
{
	pid_t pid = p->process[t->process].pid;
	int number = file_of(proc, pid, t->tid);

	find_mount(proc, pid, t,
	    number < 0 ? -1 : fdinfo_mount(proc, t->tid, number));
	if (t->point[0] != '\0' && t->connection == 0)
		note_source(proc, pid, t);
}
