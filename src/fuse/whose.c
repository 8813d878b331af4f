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
		r->connection[connection].here.mounted = true;
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
		r->connection[connection].here.mounted = true;
		r->connection[connection].here.shared |= m->shared;
	}
	remember(r, m, connection, seen_by);
}

void
whose_forget_mounts(struct registry *r)
{
	r->mounts = 0;
	memset(r->foreign_seen, 0, sizeof(r->foreign_seen));
	for (int i = 0; i < r->connections; i++)
		r->connection[i].here.mounted = r->connection[i].here.shared =
		    false;
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
		} else if (c->here.mounted)
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

	if (s && !s->devices.released &&
	    (next < 0 || r->connection[next].here.shared))
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
whose_is_known(const struct registry *r, unsigned id)
{
	return registry_is_foreign(r, id) || registry_find(r, id) >= 0;
}

bool
whose_is_unseen(const struct connection *c)
{
	return c->used && !c->ours && !c->here.shared && c->here.mounted;
}

/*
 * Two that came at once may both have been matched to the first mount. For what
 * is still unserved in the end, any holder may be the server; but not for a
 * mount that a peer outside may have made.
 */
static bool
may_be_served(const struct connection *c, bool by_anyone)
{
	return c->used && (!by_anyone || (c->here.mounted && !c->here.shared));
}

/* Holders that nothing tells a connection of, and what they may serve. */
struct by_time {
	long long now;
	bool by_anyone;
	struct set open, guessed; /* connections; guessed are open, too */
	unsigned mounts, holders, descriptors;
};

static void
find_open(struct by_time *t, struct registry *r)
{
	for (int i = 0; i < r->connections; i++) {
		const struct connection *c = &r->connection[i];
		bool guessed = !t->by_anyone && c->server.guess_until > t->now;

		if (!may_be_served(c, t->by_anyone) ||
		    (!guessed && registry_server_of(r, i)))
			continue;
		set_add(&t->open, i);
		t->mounts++;
		if (guessed)
			set_add(&t->guessed, i);
	}
}

static bool
may_serve(const struct by_time *t, const struct server *s)
{
	if (t->by_anyone)
		return s->devices.untold > 0;
	return s->devices.unmatched > 0 || set_meets(&s->serves, &t->guessed);
}

static bool
all_are_there(const struct by_time *t)
{
	return t->holders <= t->mounts && t->descriptors >= t->mounts;
}

static void
match(struct registry *r, bool by_anyone, long long now)
{
	struct by_time t = { .now = now, .by_anyone = by_anyone };
	bool any = false;

	find_open(&t, r);
	if (t.mounts == 0)
		return;
	each_server(s, r)
		if (may_serve(&t, s)) {
			set_join(&s->serves, &t.open);
			s->devices.unmatched = 0;
			any = true;
			/* A fork holds what its parent does: one holder. */
			if (registry_server(r, s->parent))
				continue;
			t.holders++;
			t.descriptors += s->devices.untold;
		}
	set_each(i, &t.open) {
		struct connection *c = &r->connection[i];

		c->ours |= any;
		if (!any || by_anyone || all_are_there(&t))
			c->server.guess_until = 0;
		else if (c->server.guess_until <= t.now)
			c->server.guess_until = t.now + WHOSE_GUESS_MS;
	}
}

void
whose_match_by_time(struct registry *r, bool rest, long long now)
{
	match(r, false, now);
	if (rest)
		match(r, true, now);
}
