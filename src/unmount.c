#include "src/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "src/child.h"
#include "src/clock.h"
#include "src/format.h"
#include "src/mountinfo.h"
#include "src/population.h"
#include "src/procfs.h"

#define MOST_MOUNTS 1024 /* of one connection: binds of binds */

/* The child's part ------------------------------------------------------ */

struct last {
	unsigned id;
	bool slaves; /* ours too: we made them slaves ourselves */
	struct mount mount;
	bool found, covered;
};

static bool
remember_last(const struct mount *m, void *context)
{
	struct last *last = context;

	if (mount_is_fuse(m) && mount_connection(m) == last->id &&
	    (!m->propagated || last->slaves)) {
		last->mount = *m;
		last->found = true;
		last->covered = false;
	} else if (last->found && m->parent == last->mount.id &&
	    strcmp(m->point, last->mount.point) == 0)
		last->covered = true;
	return true;
}

static enum unmount_result
unmount_last(int mountinfo, unsigned id, int flags)
{
	struct last last = {
		.id = id,
		.slaves = (flags & UNMOUNT_HERE_ONLY) != 0,
	};

	if (mountinfo_read(mountinfo, remember_last, &last) < 0)
		return UNMOUNT_FAILED;
	if (!last.found)
		return UNMOUNT_NONE;
	if (last.covered)
		return UNMOUNT_COVERED;
	if (last.mount.cut)
		return UNMOUNT_FAILED;
	flags &= ~UNMOUNT_HERE_ONLY;
	if (umount2(last.mount.point, flags | UMOUNT_NOFOLLOW) == 0)
		return UNMOUNT_DONE;
	switch (errno) {
	case EBUSY:
		return UNMOUNT_BUSY;
	case EPERM:
		return UNMOUNT_DENIED;
	default:
		return UNMOUNT_FAILED;
	}
}

static bool
enter_namespace(int proc, pid_t pid)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));
	int fd;

	text_format(&t, "%d/ns/mnt", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && setns(fd, CLONE_NEWNS) == 0;
}

static enum unmount_result
unmount_all(int proc, unsigned id, int flags, pid_t namespace_of)
{
	enum unmount_result result = UNMOUNT_NONE;
	int mountinfo;

	if (namespace_of != 0 && !enter_namespace(proc, namespace_of))
		return errno == EPERM ? UNMOUNT_DENIED : UNMOUNT_FAILED;
	if ((flags & UNMOUNT_HERE_ONLY) &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return UNMOUNT_DENIED;
	mountinfo = proc_openat(proc, "self/mountinfo", 0);
	if (mountinfo < 0)
		return UNMOUNT_FAILED;
	for (int i = 0; i < MOST_MOUNTS; i++) {
		enum unmount_result one = unmount_last(mountinfo, id, flags);

		if (one == UNMOUNT_NONE)
			return result;
		result = one;
		if (one != UNMOUNT_DONE)
			break;
	}
	return result;
}

/* The parent's part ----------------------------------------------------- */

enum unmount_result
unmount_connection(struct population *population, unsigned id, int flags,
    pid_t namespace_of, int deadline_ms)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid < 0)
		return UNMOUNT_FAILED;
	if (pid == 0)
		_exit((int)unmount_all(population->proc, id, flags,
		    namespace_of));
	if (!child_wait(pid, now_ms() + deadline_ms, population, &info))
		return UNMOUNT_LATE;
	return info.si_pid == pid && info.si_code == CLD_EXITED ?
	    (enum unmount_result)info.si_status :
	    UNMOUNT_FAILED;
}

struct wanted {
	unsigned id;
	char *point;
	size_t size;
};

static bool
copy_point(const struct mount *m, void *context)
{
	struct wanted *w = context;
	struct text t;

	if (!mount_is_fuse(m) || mount_connection(m) != w->id)
		return true;
	t = text_over(w->point, w->size);
	text_format(&t, "%s", m->point);
	return false;
}

void
unmount_point(const struct population *population, unsigned id, char *point,
    size_t size)
{
	struct wanted w = { .id = id, .point = point, .size = size };
	struct text t = text_over(point, size);
	int fd = proc_openat(population->proc, "self/mountinfo", 0);

	text_format(&t, "?");
	if (fd < 0)
		return;
	(void)mountinfo_read(fd, copy_point, &w);
	close(fd);
}
