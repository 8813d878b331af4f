#include "src/fuse/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/fuse/view.h"
#include "src/fuse/walk.h"
#include "src/fuse/whose.h"
#include "src/proc/mountinfo.h"
#include "src/proc/procfs.h"

#define HANDS 8		 /* children that unmount side by side */
#define MOST_MOUNTS 1024 /* of one connection: binds of binds */

struct order {
	struct view *view;
	unsigned id;
	int flags;
	pid_t namespace_of; /* 0: ours */
};

/* The child's part ------------------------------------------------------ */

struct last {
	struct mount mount;
	bool found, covered;
};

static int
find_last(int mountinfo, const struct order *o, struct last *last)
{
	struct mounts m;
	const struct mount *mount;

	last->found = false;
	if (mounts_open(&m, mountinfo) < 0)
		return -1;
	while ((mount = mounts_next(&m)) != NULL)
		if (mount_is_fuse(mount) && mount_connection(mount) == o->id &&
		    whose_may_unmount(mount,
			(o->flags & UNMOUNT_HERE_ONLY) != 0)) {
			last->mount = *mount;
			last->found = true;
			last->covered = false;
		} else if (last->found && mount->parent == last->mount.id &&
		    strcmp(mount->point, last->mount.point) == 0)
			last->covered = true;
	return m.size < 0 ? -1 : 0;
}

/*
 * A server that is alive is asked. Whoever calls has seen that it does not keep
 * anybody else waiting: if it does not read our question either, SIGKILL ends
 * us, but not once it has read it (request_wait_answer(), fs/fuse/dev.c).
 */
static enum unmount_result
ask(const char *name)
{
	struct statx status;

	return syscall(SYS_statx, AT_FDCWD, name,
		   AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC, STATX_TYPE,
		   &status) < 0 &&
		errno == ENOTCONN ?
	    UNMOUNT_DONE :
	    UNMOUNT_BUSY;
}

static enum unmount_result
unmount(const struct order *o, int mountinfo, struct mount *m)
{
	bool foreign;
	const char *name = walk_to_mount(o->view, mountinfo, m, &foreign);

	if (!name)
		return foreign ? UNMOUNT_BEHIND : UNMOUNT_FAILED;
	if (o->flags & UNMOUNT_ASK)
		return ask(name);
	if (umount2(name, (o->flags & ~UNMOUNT_HERE_ONLY) | UMOUNT_NOFOLLOW) ==
	    0)
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

static enum unmount_result
unmount_last(int mountinfo, const struct order *o)
{
	struct last last;

	if (find_last(mountinfo, o, &last) < 0)
		return UNMOUNT_FAILED;
	if (!last.found)
		return UNMOUNT_NONE;
	if (last.covered)
		return UNMOUNT_COVERED;
	if (last.mount.cut)
		return UNMOUNT_FAILED;
	return unmount(o, mountinfo, &last.mount);
}

static bool
enter_namespace(int proc, pid_t pid)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));
	int fd;

	text_format(&t, "%d/ns/mnt", pid);
	fd = fd_open(proc, path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && setns(fd, CLONE_NEWNS) == 0;
}

static int
unmount_all(void *context)
{
	const struct order *o = context;
	enum unmount_result result = UNMOUNT_NONE;
	int mountinfo;

	if (o->namespace_of != 0 &&
	    !enter_namespace(o->view->people.proc, o->namespace_of))
		return errno == EPERM ? UNMOUNT_DENIED : UNMOUNT_FAILED;
	if ((o->flags & UNMOUNT_HERE_ONLY) &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return UNMOUNT_DENIED;
	mountinfo =
	    proc_openat(o->view->people.proc, O_RDONLY, "self/mountinfo");
	if (mountinfo < 0)
		return UNMOUNT_FAILED;
	for (int i = 0; i < MOST_MOUNTS; i++) {
		enum unmount_result one = unmount_last(mountinfo, o);

		if (one == UNMOUNT_NONE)
			break;
		result = one;
		if (one != UNMOUNT_DONE || (o->flags & UNMOUNT_ASK))
			break;
	}
	close(mountinfo);
	return (int)result;
}

/* The parent's part ----------------------------------------------------- */

enum unmount_result
unmount_connection(struct view *view, unsigned id, int flags,
    pid_t namespace_of, int deadline_ms)
{
	struct order o = {
		.view = view,
		.id = id,
		.flags = flags,
		.namespace_of = namespace_of,
	};
	int result = people_child(&view->people, unmount_all, &o, 0,
	    now_ms() + deadline_ms);

	if (result == CHILD_LATE)
		return UNMOUNT_LATE;
	return result == CHILD_FAILED ? UNMOUNT_FAILED :
					(enum unmount_result)result;
}

/* One hand of several: every so many-th of them is its own. */
static _Noreturn void
unmount_share(struct view *v, const struct set *connections, int flags,
    int hand, int hands)
{
	int n = 0;

	set_each(i, connections) {
		struct connection *c = &v->registry.connection[i];
		struct order o = { .view = v, .id = c->id, .flags = flags };

		if (n++ % hands == hand)
			c->result.unmount = unmount_all(&o);
	}
	_exit(0);
}

void
unmount_many(struct view *v, const struct set *connections, int flags,
    int deadline_ms)
{
	long long deadline = now_ms() + deadline_ms;
	pid_t pid[HANDS];
	int hands = 0;

	set_each(i, connections) {
		v->registry.connection[i].result.unmount = UNMOUNT_LATE;
		hands += hands < HANDS;
	}
	for (int i = 0; i < hands; i++) {
		pid[i] = child_start(0);
		if (pid[i] == 0)
			unmount_share(v, connections, flags, i, hands);
	}
	for (int i = 0; i < hands; i++)
		if (pid[i] > 0 && child_wait(pid[i], deadline) == CHILD_LATE)
			people_own(&v->people, pid[i]);
}

const char *
unmount_result_name(enum unmount_result result)
{
	static const char names[][24] = {
		[UNMOUNT_NOT] = "not tried",
		[UNMOUNT_DONE] = "done",
		[UNMOUNT_NONE] = "not mounted here",
		[UNMOUNT_BUSY] = "busy",
		[UNMOUNT_COVERED] = "covered",
		[UNMOUNT_BEHIND] = "behind a foreign one",
		[UNMOUNT_DENIED] = "denied",
		[UNMOUNT_FAILED] = "failed",
		[UNMOUNT_LATE] = "late",
	};

	return names[result];
}
