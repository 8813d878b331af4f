#include "src/fuse/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/fuse/unmount.h"
#include "src/fuse/view.h"
#include "src/fuse/walk.h"
#include "src/fuse/whose.h"
#include "src/proc/mountinfo.h"
#include "src/proc/private_mount.h"
#include "src/proc/procfs.h"

#define LOOP_MAJOR 7	/* Documentation/admin-guide/devices.txt */
#define CLEAR_LOOKS 100 /* until a loop device has let its file go ... */
#define CLEAR_MS 2	/* ... so long between them */

struct search {
	const struct view *view;
	int sys;		/* a sysfs */
	int mountinfo, another; /* our own, open twice: one list in the other */
};

/* Candidates ----------------------------------------------------------------- */

static bool
is_ours(const struct view *v, const struct mount *m)
{
	return mount_is_fuse(m) &&
	    whose_is_ours(&v->registry, mount_connection(m));
}

static bool
is_candidate(const struct mount *m)
{
	return m->major == LOOP_MAJOR && !m->cut && !mount_is_fuse(m) &&
	    whose_may_unmount(m, false);
}

bool
images_may_be(const struct view *v)
{
	int fd = proc_openat(v->people.proc, O_RDONLY, "self/mountinfo");
	const struct mount *mount;
	struct mounts m;
	bool ours = false, found = false;

	if (fd < 0)
		return false;
	(void)mounts_open(&m, fd);
	while (!found && (mount = mounts_next(&m)) != NULL) {
		ours = ours || is_ours(v, mount);
		found = ours && is_candidate(mount);
	}
	close(fd);
	return found;
}

/* What it lies on ------------------------------------------------------------ */

static bool
is_below(const char *path, const char *point)
{
	const char *rest =
	    text_after(path, point[1] ? point : ""); /* the root */

	return rest && *rest == '/';
}

/*
 * Does the file with this path lie on a mount of ours? Told by the names alone:
 * to walk there would ask the server.
 */
static bool
path_is_ours(const struct search *s, const char *path)
{
	size_t longest = 0;
	bool ours = false;
	const struct mount *mount;
	struct mounts m;

	(void)mounts_open(&m, s->another);
	while ((mount = mounts_next(&m)) != NULL)
		if (is_below(path, mount->point) &&
		    strlen(mount->point) >= longest) {
			longest = strlen(mount->point);
			ours = is_ours(s->view, mount);
		}
	return ours;
}

static bool
lies_on_ours(const struct search *s, const struct mount *m)
{
	char path[PATH_MAX];

	return proc_read(s->sys, path, sizeof(path),
		   "dev/block/%u:%u/loop/backing_file", m->major,
		   m->minor) > 0 &&
	    path_is_ours(s, path);
}

/* Unmounting ----------------------------------------------------------------- */

/* The last one but for those from the `before`th on; which one; -1: none is left. */
static int
find_last(const struct search *s, int before, struct mount *last)
{
	const struct mount *mount;
	struct mounts m;
	bool ours = false;
	int found = -1;

	(void)mounts_open(&m, s->mountinfo);
	for (int i = 0; i < before && (mount = mounts_next(&m)) != NULL; i++) {
		ours = ours || is_ours(s->view, mount);
		if (ours && is_candidate(mount) && lies_on_ours(s, mount)) {
			*last = *mount;
			found = i;
		}
	}
	return found;
}

/* mount -o loop asks for it: with its last user the device lets the file go. */
static void
await_cleared(const struct search *s, const struct mount *m)
{
	char clears[4];

	for (int i = 0; i < CLEAR_LOOKS; i++) {
		if (proc_read(s->sys, clears, sizeof(clears),
			"dev/block/%u:%u/loop/autoclear", m->major,
			m->minor) <= 0 ||
		    clears[0] != '1')
			return;
		(void)poll(NULL, 0, CLEAR_MS);
	}
}

/* Written back first: another filesystem may lie upon it, and keep it. */
static enum unmount_result
unmount(const struct search *s, struct mount *m)
{
	bool foreign;
	const char *name = walk_to_mount(s->view, s->another, m, &foreign);
	int fd;

	if (!name)
		return foreign ? UNMOUNT_BEHIND : UNMOUNT_FAILED;
	fd = fd_open(AT_FDCWD, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		(void)syncfs(fd);
		close(fd);
	}
	if (umount2(name, UMOUNT_NOFOLLOW) < 0)
		return errno == EBUSY ? UNMOUNT_BUSY : UNMOUNT_FAILED;
	await_cleared(s, m);
	return UNMOUNT_DONE;
}

void
images_unmount(struct view *v)
{
	int proc = v->people.proc, before = INT_MAX;
	struct search s = {
		.view = v,
		.sys = private_mount("sysfs"),
		.mountinfo = proc_openat(proc, O_RDONLY, "self/mountinfo"),
		.another = proc_openat(proc, O_RDONLY, "self/mountinfo"),
	};
	struct mount last;

	while ((before = find_last(&s, before, &last)) >= 0) {
		char point[sizeof(last.point)];
		enum unmount_result result;

		memcpy(point, last.point, sizeof(point));
		result = unmount(&s, &last);
		log_line(&v->log,
		    result == UNMOUNT_DONE ? LOG_INFO : LOG_WARNING,
		    "teardown: unmount of %s, %s on an image: %s", point,
		    last.type, unmount_result_name(result));
	}
}
