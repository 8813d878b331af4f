/* Third phase: servers, in waves. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/look.h"
#include "src/fuse/order.h"

/* The order: who needs nobody else's goes first ------------------------------- */

/* Connections that mounts of `connections` lie inside of. */
static void
add_insides(struct set *inside, const struct registry *r,
    const struct set *connections)
{
	for (int i = 0; i < r->mounts; i++) {
		const struct fuse_mount *m = &r->mount[i];

		if (m->connection >= 0 && m->inside >= 0 &&
		    set_has(connections, m->connection))
			set_add(inside, m->inside);
	}
}

static int
turn_of(const struct registry *r, const struct server *s)
{
	int turn = 0;

	set_each(i, &s->serves)
		if (r->connection[i].turn > turn)
			turn = r->connection[i].turn;
	return turn;
}

static void
plan(struct teardown *td)
{
	struct view *v = td->view;
	struct queue *q = &td->queue;
	struct set ours = registry_ours(&v->registry);
	bool cycle;

	look_at_servers(v, set_next(&ours, set_next(&ours, -1)) >= 0);
	q->count = 0;
	each_server(s, &v->registry) {
		struct order_server *key = &q->key[q->count];

		key->serves = s->serves;
		key->uses = s->state.uses;
		add_insides(&key->uses, &v->registry, &s->serves);
		/* Its own, if fdinfo tells; else perhaps another's. */
		if (s->devices.untold == 0)
			set_cut(&key->uses, &s->serves);
		key->turn = turn_of(&v->registry, s);
		key->newness = s->newness;
		key->second = s->second;
		q->server[q->count++] = s;
	}
	q->waves = order_waves(q->key, q->count, q->wave, &cycle);
	if (cycle)
		log_line(&v->log, LOG_INFO,
		    "teardown: servers use each other in a cycle: the newest "
		    "goes first");
}

/* Waiting -------------------------------------------------------------------- */

/* All that it served is aborted: what it still does is for nobody. */
static bool
is_aborted(const struct registry *r, const struct server *s)
{
	set_each(i, &s->serves)
		if (!r->connection[i].aborted)
			return false;
	return !set_is_empty(&s->serves);
}

/*
 * One that was told and does something else since is not idle: its mount is
 * gone, nobody reads its requests any more, or its first thread waits in
 * another place than before. It stores what it has, or waits for its remote.
 */
static bool
is_idle(struct registry *r, const struct server *s)
{
	if (s->stop.unmounted)
		return false;
	each_server(other, r)
		if (other->state.reads && set_meets(&other->serves, &s->serves))
			return true;
	return !s->stop.read && s->stop.place == s->state.place;
}

/*
 * What a server of this wave may still take. One that is not idle has the time
 * that nobody else needs. Who was forked from another holder: that is dead by
 * now.
 */
static long long
deadline_of(struct registry *r, const struct server *s, long long deadline,
    long long most)
{
	if (s->stop.aborted_at != 0)
		return earlier(deadline,
		    s->stop.aborted_at + NOTHING_TO_SERVE_MS);
	if (s->second)
		return earlier(deadline, s->stop.told_at + NOTHING_TO_SERVE_MS);
	return most > deadline && !is_idle(r, s) ? most : deadline;
}

/* All that wait for themselves are seen in the same look, and aborted at once. */
static void
abort_self_waits(struct teardown *td, struct server *server[], int count)
{
	struct registry *r = &td->view->registry;
	struct set alone = { 0 };

	for (int i = 0; i < count; i++) {
		struct server *s = server[i];

		if (s->pid == 0 || !teardown_waits_for_itself(s))
			s->stop.alone_since = 0;
		else if (s->stop.alone_since == 0)
			s->stop.alone_since = now_ms();
		else if (now_ms() - s->stop.alone_since >= SELF_WAIT_MS)
			set_join(&alone, &s->serves);
	}
	teardown_abort(td, &alone, "its server waits for itself");
	for (int i = 0; i < count; i++)
		if (server[i]->pid != 0 && server[i]->stop.aborted_at == 0 &&
		    is_aborted(r, server[i]))
			server[i]->stop.aborted_at = now_ms();
}

/*
 * Those of them who live and have time left; how many. Before the whole wave is
 * told (`most` is NEVER) nobody waits for who waits for itself.
 */
static int
hold_living(struct teardown *td, struct server *server[], int count,
    struct held *held, long long deadline, long long most)
{
	struct view *v = td->view;
	bool whole = most != NEVER;

	if (whole) /* asked once for all: it looks at each of them */
		deadline = teardown_patience(td, deadline, 0);
	for (int i = 0; i < count; i++) {
		struct server *s = server[i];

		if (s->pid != 0 && held->count < HELD &&
		    !people_dead(&v->people, s->pid, s->pidfd) &&
		    (whole || !teardown_waits_for_itself(s)) &&
		    !is_due(whole ?
			    deadline_of(&v->registry, s, deadline, most) :
			    deadline))
			held_add(held, s->pid, s->pidfd);
	}
	return held->count;
}

/*
 * Until all of them are dead, or their time is over: at `deadline`, or for who
 * is not idle at `most`.
 */
static void
wait_for(struct teardown *td, struct server *server[], int count,
    long long deadline, long long most)
{
	long long quick = now_ms() + QUICK_MS;
	struct held held = { .borrowed = true };

	while (hold_living(td, server, count, &held, deadline, most) > 0) {
		int look_ms = is_due(quick) ? TICK_MS : STAGGER_LOOK_MS;
		bool dead = teardown_wait(td, &held, now_ms() + look_ms, NULL);

		held.count = 0;
		if (dead)
			continue;
		(void)teardown_abort_exited(td);
		abort_self_waits(td, server, count);
		teardown_tell_sidelines(td, server, count);
	}
	look_who_is_dead(td->view);
}

/* One wave ------------------------------------------------------------------- */

static int
newest_first(const struct queue *q, int wave, struct server *server[])
{
	int count = 0;

	for (int i = q->count; i-- > 0;) {
		int at = count;

		if (q->wave[i] != wave || q->server[i]->pid == 0)
			continue;
		for (;
		     at > 0 && server[at - 1]->newness < q->server[i]->newness;
		     at--)
			server[at] = server[at - 1];
		server[at] = q->server[i];
		count++;
	}
	return count;
}

/* Does anybody of this wave use what a later one serves? */
static bool
uses_later(const struct queue *q, int wave)
{
	for (int i = 0; i < q->count; i++)
		for (int j = 0; j < q->count; j++)
			if (q->wave[i] == wave && q->wave[j] > wave &&
			    set_meets(&q->key[i].uses, &q->key[j].serves))
				return true;
	return false;
}

/*
 * What nothing shows may lie between them all the same: an archive that is
 * written back by its path, a filesystem configured over another. So the
 * youngest are told first, and the others when those are dead, or soon after.
 */
static void
stop_wave(struct teardown *td, const struct queue *q, int wave,
    long long deadline, long long most)
{
	struct server *server[SERVERS];
	int count = newest_first(q, wave, server), told = 0;

	for (int group = STAGGERS; group > 0; group--) {
		int more = (count - told + group - 1) / group;
		long long next = now_ms() + STAGGER_MS;

		/* Half of the time, so that who must be signalled has some. */
		teardown_tell_servers(td, server + told, more,
		    ms_until(deadline) / 2);
		told += more;
		if (told < count)
			wait_for(td, server, told, earlier(next, deadline),
			    NEVER);
	}
	wait_for(td, server, count, deadline,
	    uses_later(q, wave) || wave == q->waves - 1 ? most : deadline);
}

/* The phase ------------------------------------------------------------------ */

/*
 * The time that clients have taken beyond theirs, because servers worked, is
 * taken from the servers' grace: the sum stays what it is.
 */
static int
grace(const struct teardown *td)
{
	const struct limits *l = &td->limits;
	long long planned = l->client_grace_ms + l->client_kill_ms +
	    l->abort_wait_ms + l->drain_ms;
	long long over = now_ms() - td->reached.started_at - planned;
	long long left = l->server_grace_ms - (over > 0 ? over : 0);

	if (left < GRACE_LEAST_MS)
		left = GRACE_LEAST_MS;
	return (int)earlier(left, l->server_grace_ms);
}

/*
 * Each wave has its share of what is left of the grace, so that a slow one does
 * not cost the others theirs; who needs more goes on beside the next.
 */
void
teardown_servers(struct teardown *td)
{
	long long deadline = now_ms() + grace(td) + td->limits.linger_ms;
	long long most = td->reached.started_at + td->limits.patience_ms;
	struct queue *q = &td->queue;

	plan(td);
	teardown_hold_inits(td);
	for (int wave = 0; wave < q->waves; wave++) {
		int left = q->waves - wave;
		int share = ms_until(deadline) / left;

		if (share < SHARE_LEAST_MS)
			share = SHARE_LEAST_MS;
		teardown_supervisors(td, wave, now_ms() + share / 2);
		stop_wave(td, q, wave, now_ms() + share,
		    most - (left - 1) * (long long)WAVE_LEAST_MS);
	}
	wait_for(td, q->server, q->count, deadline, most);
}
