/* The order in which servers are stopped: who needs nobody else's goes first. */
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/fuse/look.h"
#include "src/fuse/order.h"

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

void
teardown_plan(struct teardown *td)
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
