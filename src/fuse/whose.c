#include "src/fuse/whose.h"

#include <string.h>

#include "src/fuse/connection.h"
#include "src/proc/mountinfo.h"

/* Before main ---------------------------------------------------------------- */

void
whose_baseline(struct registry *r, const struct mount *m)
{
	if (mount_is_fuse(m))
		registry_add_foreign(r, mount_connection(m));
}

static void
not_foreign(struct registry *r, unsigned id)
{
	int connection;

	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign[i] == id)
			r->foreign[i] = r->foreign[--r->foreigns];
	connection = registry_add(r, id);
	if (connection >= 0)
		r->connection[connection].mounted = true;
}

void
whose_inherited(struct registry *r, enum device device, unsigned id)
{
	if (device == DEVICE_SERVES)
		not_foreign(r, id);
	else if (device == DEVICE_UNTOLD && r->foreigns == 1)
		not_foreign(r, r->foreign[0]);
}

/* Mounts --------------------------------------------------------------------- */

static void
remember(struct registry *r, const struct mount *m, int connection,
    pid_t seen_by)
{
	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].id == m->id)
			return;
	if (r->mounts == MOUNTS) {
		r->overflow = true;
		return;
	}
	r->mount[r->mounts++] = (struct fuse_mount){
		.id = m->id,
		.parent = m->parent,
		.number = mount_connection(m),
		.connection = connection,
		.inside = -1,
		.seen_by = seen_by,
	};
}

static void
mark_foreign_seen(struct registry *r, unsigned id)
{
	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign[i] == id)
			r->foreign_seen[i] = true;
}

/* Is it known to be ours, or to have a server in here? */
static bool
is_proved(struct registry *r, int connection)
{
	return connection >= 0 &&
	    (r->connection[connection].ours ||
		registry_server_of(r, connection));
}

/* Once the list has been full, what it does not have may be foreign, too. */
static bool
may_be_foreign(const struct registry *r, unsigned id)
{
	return registry_is_foreign(r, id) || r->foreigns == FOREIGN;
}

void
whose_mounted(struct registry *r, const struct mount *m, pid_t seen_by)
{
	unsigned id = mount_connection(m);
	int connection;

	if (!mount_is_fuse(m))
		return;
	connection = registry_find(r, id);
	if (m->propagated && !is_proved(r, connection)) {
		if (connection >= 0)
			registry_drop(r, connection);
		connection = -1;
		registry_add_foreign(r, id);
	}
	mark_foreign_seen(r, id);
	if (connection < 0 && !may_be_foreign(r, id))
		connection = registry_add(r, id);
	if (connection >= 0 && seen_by == 0) {
		r->connection[connection].mounted = true;
		r->connection[connection].shared |= m->shared;
	}
	remember(r, m, connection, seen_by);
}

void
whose_forget_mounts(struct registry *r)
{
	r->mounts = 0;
	memset(r->foreign_seen, 0, sizeof(r->foreign_seen));
	for (int i = 0; i < r->connections; i++)
		r->connection[i].mounted = r->connection[i].shared = false;
}

bool
whose_settle(struct registry *r)
{
	int kept = 0;
	bool unserved = false;

	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign_seen[i])
			r->foreign[kept++] = r->foreign[i];
	r->foreigns = kept;
	for (int i = 0; i < r->connections; i++) {
		struct connection *c = &r->connection[i];

		if (!c->used)
			continue;
		if (registry_server_of(r, i)) {
			unserved |= c->over;
			c->settled |= registry_find(r, c->id) < 0;
		} else if (c->mounted)
			unserved = true;
		else
			registry_drop(r, i);
	}
	return unserved;
}

bool
whose_may_unmount(const struct mount *m, bool slaves)
{
	return !m->propagated || slaves;
}

/* Servers -------------------------------------------------------------------- */

/*
 * The one with this number that is over, of those it serves, or -1: which it
 * holds still, unless what has the number was mounted in here, or so soon that
 * it is more likely its next.
 */
static int
over_of(const struct registry *r, unsigned id, const struct server *s)
{
	int next = registry_find(r, id);

	if (s && !s->released && (next < 0 || r->connection[next].shared))
		set_each(i, &s->serves)
			if (r->connection[i].over &&
			    r->connection[i].id == id &&
			    (next < 0 || r->connection[i].settled))
				return i;
	return -1;
}

int
whose_held(struct registry *r, unsigned id, const struct server *s)
{
	int connection = registry_find(r, id), over = over_of(r, id, s);

	if (over >= 0)
		return over;
	/* It was there before main; but what proves more than its server? */
	if (connection < 0 && registry_is_foreign(r, id))
		not_foreign(r, id);
	if (connection < 0)
		connection = registry_add(r, id);
	if (connection >= 0)
		r->connection[connection].ours = true;
	return connection;
}

bool
whose_is_ours(const struct registry *r, unsigned id)
{
	int connection = registry_find(r, id);

	return connection >= 0 && r->connection[connection].ours;
}

bool
whose_is_unseen(const struct connection *c)
{
	return c->used && !c->ours && !c->shared && c->mounted;
}

/*
 * Two that came at once may both have been matched to the first mount. For what
 * is still unserved in the end, any holder may be the server; but not for a
 * mount that a peer outside may have made.
 */
static bool
may_be_served(const struct connection *c, bool by_anyone)
{
	return c->used && (!by_anyone || (c->mounted && !c->shared));
}

static void
match(struct registry *r, bool by_anyone)
{
	struct set unserved = { 0 };
	bool any = false;

	for (int i = 0; i < r->connections; i++)
		if (may_be_served(&r->connection[i], by_anyone) &&
		    !registry_server_of(r, i))
			set_add(&unserved, i);
	if (set_is_empty(&unserved))
		return;
	each_server(s, r)
		if (by_anyone ? s->untold > 0 : s->unmatched > 0) {
			set_join(&s->serves, &unserved);
			s->unmatched = 0;
			any = true;
		}
	set_each(i, &unserved)
		r->connection[i].ours |= any;
}

void
whose_match_by_time(struct registry *r, bool rest)
{
	match(r, false);
	if (rest)
		match(r, true);
}
