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

/* Mounts --------------------------------------------------------------------- */

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

bool
look_at_mounts(struct view *v)
{
	struct registry *r = &v->registry;
	struct pollfd change = { .fd = v->mountinfo, .events = POLLPRI };

	look_what_is_over(v);
	whose_forget_mounts(r);
	if (poll(&change, 1, 0) > 0)
		r->changed = true;
	return v->mountinfo >= 0 && note_mounts(r, v->mountinfo, 0) == 0 &&
	    whose_settle(r);
}

void
look_at_points(struct view *v)
{
	struct registry *r = &v->registry;
	int fd = proc_openat(v->people.proc, O_RDONLY, "self/mountinfo");
	const struct mount *mount;
	struct mounts m;

	for (int i = 0; i < r->connections; i++)
		strcpy(r->connection[i].point, "?");
	if (fd < 0)
		return;
	(void)mounts_open(&m, fd);
	while ((mount = mounts_next(&m)) != NULL) {
		int i = mount_is_fuse(mount) ?
		    registry_find(r, mount_connection(mount)) :
		    -1;

		if (i >= 0 && r->connection[i].point[0] == '?') {
			struct text t = text_over(r->connection[i].point,
			    sizeof(r->connection[i].point));

			text_format(&t, "%s", mount->point);
		}
	}
	close(fd);
}

/* Of one that shares our namespace: costs little and adds nothing. */
void
look_at_servers_mounts(struct view *v)
{
	each_server(s, &v->registry) {
		int fd = proc_openat(v->people.proc, O_RDONLY, "%d/mountinfo",
		    s->pid);

		if (fd < 0)
			continue;
		(void)note_mounts(&v->registry, fd, s->pid);
		close(fd);
	}
}

/* Pins ----------------------------------------------------------------------- */

static bool
is_mounted_for(int proc, pid_t pid, unsigned id)
{
	int fd = proc_openat(proc, O_RDONLY, "%d/mountinfo", pid);
	struct mounts m;
	const struct mount *mount;
	bool found = false;

	if (fd < 0)
		return false;
	(void)mounts_open(&m, fd);
	while (!found && (mount = mounts_next(&m)) != NULL)
		found = mount_is_fuse(mount) && mount_connection(mount) == id;
	close(fd);
	return found;
}

/* Whose mounts show connection `connection`: ours, a server's; 0: nobody's. */
static pid_t
who_sees(struct view *v, int connection)
{
	unsigned id = v->registry.connection[connection].id;

	if (is_mounted_for(v->people.proc, v->people.self, id))
		return v->people.self;
	each_server(s, &v->registry)
		if (set_has(&s->serves, connection) &&
		    is_mounted_for(v->people.proc, s->pid, id))
			return s->pid;
	return 0;
}

/* What is mounted before and after the files were opened is what was opened. */
static void
pin(struct view *v, int connection)
{
	struct connection *c = &v->registry.connection[connection];
	pid_t pid;

	if (c->over || c->pin.door != FUSECTL_NONE)
		return;
	pid = who_sees(v, connection);
	if (pid == 0 ||
	    fusectl_open(&v->fusectl, c->id, &c->pin) == FUSECTL_NONE)
		return;
	if (!is_mounted_for(v->people.proc, pid, c->id))
		fusectl_close(&c->pin);
}

void
pin_ours(struct view *v)
{
	struct set ours = registry_ours(&v->registry);

	if (set_is_empty(&ours))
		return;
	fusectl_prepare(&v->fusectl);
	set_each(i, &ours)
		pin(v, i);
}
