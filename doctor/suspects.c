#include "doctor/suspects.h"

#include <stddef.h>

#include "doctor/cause.h"

/* Ending --------------------------------------------------------------------- */

bool
is_ending(const struct picture *p, int process)
{
	const struct process *of = &p->tasks.process[process];
	int namespace;

	if (of->exiting)
		return true;
	namespace = picture_find_namespace(p, of->pid_namespace);
	return namespace != NONE && p->tasks.namespace[namespace].dying;
}

int
dying_around(const struct picture *p, int process)
{
	int namespace =
	    picture_find_namespace(p, p->tasks.process[process].pid_namespace);
	int found = NONE;

	while (namespace != NONE && p->tasks.namespace[namespace].dying) {
		found = namespace;
		namespace = picture_find_namespace(p,
		    p->tasks.namespace[namespace].parent);
	}
	return found;
}

/* Suspects ------------------------------------------------------------------- */

static bool
is_mounted_in(const struct picture *p, unsigned connection,
    unsigned mnt_namespace)
{
	for (int i = 0; i < p->drives.mounts; i++)
		if (p->drives.mounted[i].connection == connection &&
		    p->drives.mounted[i].mnt_namespace == mnt_namespace)
			return true;
	return false;
}

/*
 * Before Linux 6.16 nothing tells what an open /dev/fuse serves: then whoever
 * has one where the connection is mounted may be its server.
 */
static bool
may_serve(const struct picture *p, const struct holder *h, unsigned connection)
{
	return h->connection == connection ||
	    (h->connection == 0 &&
		is_mounted_in(p, connection, h->mnt_namespace));
}

static int
living_server(const struct picture *p, unsigned connection)
{
	for (int i = 0; i < p->drives.holders; i++)
		if (may_serve(p, &p->drives.holder[i], connection) &&
		    !is_ending(p, p->drives.holder[i].process))
			return p->drives.holder[i].process;
	return NONE;
}

static int
any_server(const struct picture *p, unsigned connection)
{
	for (int i = 0; i < p->drives.holders; i++)
		if (p->drives.holder[i].connection == connection)
			return p->drives.holder[i].process;
	return NONE;
}

static int
living_mounter(const struct picture *p, unsigned connection)
{
	for (int i = 0; i < p->tasks.processes; i++)
		if (p->tasks.process[i].mnt_namespace != 0 &&
		    !is_ending(p, i) &&
		    is_mounted_in(p, connection,
			p->tasks.process[i].mnt_namespace))
			return i;
	return NONE;
}

/* Does a thread of the finding see it, or a process of its namespace have it? */
static bool
is_tied(const struct findings *all, int finding, const struct picture *p,
    unsigned connection)
{
	const struct finding *f = &all->finding[finding];

	for (int i = 0; i < p->tasks.threads; i++) {
		const struct thread *t = &p->tasks.thread[i];

		if (all->of_thread[i] == finding &&
		    (t->on.connection == connection ||
			(t->on.connection == 0 && cause_is_fuse(t->cause) &&
			    is_mounted_in(p, connection,
				p->tasks.process[t->process].mnt_namespace))))
			return true;
	}
	for (int i = 0; i < p->drives.holders && f->namespace != NONE; i++)
		if (p->drives.holder[i].connection == connection &&
		    dying_around(p, p->drives.holder[i].process) ==
			f->namespace)
			return true;
	return false;
}

static int
mount_of(const struct picture *p, unsigned connection)
{
	for (int i = 0; i < p->drives.mounts; i++)
		if (p->drives.mounted[i].connection == connection)
			return i;
	return NONE;
}

static void
suspect(struct finding *f, const struct picture *p, const struct connection *c,
    bool sure)
{
	struct suspect *s = &f->suspect[f->suspects];

	if (f->suspects == SUSPECTS)
		return;
	*s = (struct suspect){
		.connection = c->id,
		.waiting = c->waiting,
		.sure = sure,
		.server = living_server(p, c->id),
		.mounter = living_mounter(p, c->id),
		.mounted = mount_of(p, c->id),
	};
	s->hold = s->server != NONE ? HOLD_SERVED :
	    s->mounter != NONE	    ? HOLD_SHARED :
				      HOLD_NONE;
	if (s->server == NONE)
		s->server = any_server(p, c->id);
	f->suspects++;
}

int
suspects_with(const struct finding *f, enum hold hold, bool sure)
{
	int count = 0;

	for (int i = 0; i < f->suspects; i++)
		count +=
		    f->suspect[i].hold == hold && (!sure || f->suspect[i].sure);
	return count;
}

static bool
is_tied_to_any(const struct findings *all, const struct picture *p,
    unsigned connection)
{
	for (int i = 0; i < all->count; i++)
		if (is_tied(all, i, p, connection))
			return true;
	return false;
}

/* Does another namespace that is ending serve it, or see it mounted? */
static bool
is_of_another_ending(const struct picture *p, int namespace,
    unsigned connection)
{
	for (int i = 0; i < p->tasks.processes; i++) {
		int around = dying_around(p, i);

		if (around != NONE && around != namespace &&
		    is_mounted_in(p, connection,
			p->tasks.process[i].mnt_namespace))
			return true;
	}
	for (int i = 0; i < p->drives.holders; i++) {
		int around = dying_around(p, p->drives.holder[i].process);

		if (around != NONE && around != namespace &&
		    may_serve(p, &p->drives.holder[i], connection))
			return true;
	}
	return false;
}

/*
 * What is left of a dying namespace shrinks while it hangs: mounts are detached
 * before its last thread is gone. Then it is one that nobody lives with, and that
 * neither another finding explains nor what has only begun to end.
 */
static bool
is_left_over(const struct findings *all, int finding, const struct picture *p,
    unsigned connection)
{
	return living_server(p, connection) == NONE &&
	    living_mounter(p, connection) == NONE &&
	    !is_tied_to_any(all, p, connection) &&
	    !is_of_another_ending(p, all->finding[finding].namespace,
		connection);
}

static bool
waits_on_fuse(const struct findings *all, int finding, const struct picture *p)
{
	for (int i = 0; i < p->tasks.threads; i++)
		if (all->of_thread[i] == finding &&
		    cause_is_fuse(p->tasks.thread[i].cause))
			return true;
	return false;
}

void
suspects_find(struct findings *all, int finding, const struct picture *p)
{
	struct finding *f = &all->finding[finding];
	const struct connection *end = p->drives.connection +
	    p->drives.connections,
				*c;

	if (!waits_on_fuse(all, finding, p))
		return;
	for (c = p->drives.connection; c < end; c++)
		if (c->waiting > 0 && is_tied(all, finding, p, c->id))
			suspect(f, p, c, true);
	/* One that is served and seen here may be busy, and well. */
	if (suspects_with(f, HOLD_NONE, false) +
		suspects_with(f, HOLD_SHARED, false) >
	    0)
		return;
	for (c = p->drives.connection; c < end; c++)
		if (c->waiting > 0 && is_left_over(all, finding, p, c->id))
			suspect(f, p, c, false);
}
