#include "src/fuse/walk.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/fuse/view.h"
#include "src/fuse/whose.h"
#include "src/proc/fdinfo.h"
#include "src/proc/mountinfo.h"

/*
 * A mount that an open file lies on, by its mnt_id; id is -1: none is found. Of
 * one that is not FUSE, connection is its device's number.
 */
struct place {
	int id;
	bool fuse;
	unsigned connection;
};

/* By fdinfo and mountinfo: nobody is asked, and kernels without statx(2) tell. */
static struct place
place_of(const struct view *v, int mountinfo, int fd)
{
	struct place p = { .id = -1 };
	int id = fdinfo_mount(v->people.proc, getpid(), fd);
	struct mounts m;
	const struct mount *mount;

	(void)mounts_open(&m, mountinfo);
	while (p.id < 0 && id >= 0 && (mount = mounts_next(&m)) != NULL)
		if (mount->id == id)
			p = (struct place){
				.id = id,
				.fuse = mount_is_fuse(mount),
				.connection = mount_connection(mount),
			};
	return p;
}

/*
 * What cannot be told is not walked through; nor what is foreign, but for the
 * connection of the root.
 */
static bool
may_walk(const struct view *v, const struct place *p, const struct place *root)
{
	return p->id >= 0 &&
	    (!p->fuse || p->connection == root->connection ||
		whose_is_ours(&v->registry, p->connection));
}

/* The directory `name` in `parent`, of whatever is mounted there; or -1. */
static int
open_below(int parent, const char *name)
{
	int fd = fd_open(parent, name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	close(parent);
	return fd;
}

/* Is `m` what is mounted at `name` in our working directory? */
static bool
is_at(const struct view *v, int mountinfo, const struct mount *m,
    const char *name)
{
	int fd = fd_open(AT_FDCWD, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct place p = { .id = -1 };

	if (fd < 0)
		return false;
	p = place_of(v, mountinfo, fd);
	close(fd);
	return p.id == m->id && p.fuse == mount_is_fuse(m) &&
	    p.connection == mount_connection(m);
}

/* `parent` becomes our working directory: is it `m` that `name` leads to there? */
static bool
arrives(const struct view *v, int mountinfo, int parent, const struct mount *m,
    const char *name)
{
	bool there =
	    syscall(SYS_fchdir, parent) == 0 && is_at(v, mountinfo, m, name);

	close(parent);
	return there;
}

const char *
walk_to_mount(const struct view *v, int mountinfo, struct mount *m,
    bool *foreign)
{
	int fd = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct place root = place_of(v, mountinfo, fd), here = root;
	char *name = m->point + 1;

	*foreign = false;
	while (fd >= 0 && may_walk(v, &here, &root)) {
		size_t length = text_until(name, '/');

		if (!name[length])
			return arrives(v, mountinfo, fd, m, name) ? name : NULL;
		name[length] = '\0';
		fd = open_below(fd, name);
		name += length + 1;
		here = place_of(v, mountinfo, fd);
	}
	*foreign = fd >= 0;
	return NULL;
}
