#include "src/fuse/mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "src/base/text.h"
#include "src/fuse/view.h"
#include "src/fuse/whose.h"
#include "src/proc/mountinfo.h"
#include "src/proc/procfs.h"
#include "src/proc/viewers.h"

static int
note_mounts(struct registry *r, int mountinfo, pid_t seen_by)
{
	struct mounts m;
	const struct mount *mount;

	if (mounts_open(&m, mountinfo) < 0)
		return -1;
	while ((mount = mounts_next(&m)) != NULL)
		whose_mounted(r, mount, seen_by);
	return m.size < 0 ? -1 : 0;
}

/* Once and for all: its number may be another's before the next look. */
void
look_what_is_over(struct view *v)
{
	for (int i = 0; i < v->registry.connections; i++) {
		struct connection *c = &v->registry.connection[i];

		c->over |= c->used && fusectl_gone(&c->pin);
	}
}

/*
 * Opened anew: an open one shows what lies below the root of that moment
 * (mounts_open_common(), fs/proc_namespace.c), and pivot_root(2) moves ours.
 */
static int
note_own_mounts(struct view *v)
{
	int fd = proc_openat(v->people.proc, O_RDONLY, "self/mountinfo");
	int result = note_mounts(&v->registry, fd >= 0 ? fd : v->mountinfo, 0);

	if (fd >= 0)
		close(fd);
	return result;
}

bool
look_at_mounts(struct view *v)
{
	struct registry *r = &v->registry;
	struct pollfd change = { .fd = v->mountinfo, .events = POLLPRI };

	look_what_is_over(v);
	whose_forget_mounts(r);
	if (poll(&change, 1, 0) > 0)
		r->changed = true;
	return v->mountinfo >= 0 && note_own_mounts(v) == 0 && whose_settle(r);
}

void
look_at_points(struct view *v)
{
	struct registry *r = &v->registry;
	int fd = proc_openat(v->people.proc, O_RDONLY, "self/mountinfo");
	const struct mount *mount;
	struct mounts m;

	for (int i = 0; i < r->connections; i++)
		memcpy(r->connection[i].here.point, "?", 2);
	if (fd < 0)
		return;
	(void)mounts_open(&m, fd);
	while ((mount = mounts_next(&m)) != NULL) {
		int i = mount_is_fuse(mount) ?
		    registry_find(r, mount_connection(mount)) :
		    -1;

		if (i >= 0 && r->connection[i].here.point[0] == '?') {
			struct text t = text_over(r->connection[i].here.point,
			    sizeof(r->connection[i].here.point));

			text_format(&t, "%s", mount->point);
		}
	}
	close(fd);
}

static void
look_through(struct view *v, pid_t tid)
{
	int fd = proc_openat(v->people.proc, O_RDONLY, "%d/mountinfo", tid);

	if (fd < 0)
		return;
	(void)note_mounts(&v->registry, fd, tid);
	close(fd);
}

/* Of one that shares our namespace: costs little and adds nothing. */
void
look_at_servers_mounts(struct view *v)
{
	struct viewers w;
	pid_t tid;

	each_server(s, &v->registry)
		for (viewers_open(&w, v->people.proc, s->pid);
		     viewers_next(&w, &tid);)
			look_through(v, tid);
}
