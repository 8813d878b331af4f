#include "init/isolate.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>

#include "src/fuse/look.h"
#include "src/fuse/mounts.h"
#include "src/fuse/unmount.h"
#include "src/fuse/view.h"

#define HIDE_MS 2000 /* for the child that unmounts */

int
isolate_prepare(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

int
isolate_enter(void)
{
	return unshare(CLONE_NEWNS);
}

/*
 * Servers of one connection often share a namespace (who went into the
 * background and the child that serves): the second finds nothing there.
 */
static bool
hide_from(struct view *v, unsigned id, const struct server *s)
{
	switch (unmount_connection(v, id, MNT_DETACH | UNMOUNT_HERE_ONLY,
	    s->pid, HIDE_MS)) {
	case UNMOUNT_DONE:
	case UNMOUNT_NONE:
		return true;
	default:
		return people_dead(&v->people, s->pid, s->pidfd);
	}
}

static bool
hide(struct view *v, int connection)
{
	const struct connection *c = &v->registry.connection[connection];

	if (!c->here.mounted)
		return false;
	each_server(s, &v->registry)
		if (set_has(&s->serves, connection) && !hide_from(v, c->id, s))
			return false;
	return true;
}

static bool
is_held(struct registry *r, const struct set *connections)
{
	each_server(s, r)
		if (set_meets(&s->serves, connections) &&
		    set_meets(&s->state.uses, connections))
			return true;
	return false;
}

const char *
isolate_hide(struct view *v, const struct set *connections)
{
	(void)look_at_mounts(v);
	look_for_servers(v, true);
	set_each(i, connections)
		if (!hide(v, i))
			return "its mount did not come to us, or cannot be "
			       "taken from it (add CAP_SYS_ADMIN)";
	look_at_servers(v, true);
	return is_held(&v->registry, connections) ?
	    "it holds a file of its own mount already" :
	    NULL;
}
