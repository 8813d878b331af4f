/* Second phase: what is in flight is answered. */
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/look.h"

bool
teardown_waits_for_itself(const struct server *s)
{
	struct set others = s->state.uses;

	set_cut(&others, &s->serves);
	return s->state.waits && set_is_empty(&others);
}

/* Connections whose requests in flight can be seen. */
static struct set
seen(const struct registry *r)
{
	struct set connections = registry_open(r);

	set_each(i, &connections)
		if (r->connection[i].pin.door == FUSECTL_NONE)
			set_remove(&connections, i);
	return connections;
}

static unsigned
in_flight(const struct registry *r, const struct set *except)
{
	struct set connections = seen(r);
	unsigned sum = 0, requests;

	set_cut(&connections, except);
	set_each(i, &connections)
		if (fusectl_waiting(&r->connection[i].pin, &requests) == 0)
			sum += requests;
	return sum;
}

/* Connections with a server that waits for itself. */
static struct set
find_self_waits(struct view *v)
{
	struct set found = { 0 };

	look_at_servers(v, false);
	each_server(s, &v->registry)
		if (teardown_waits_for_itself(s))
			set_join(&found, &s->serves);
	return found;
}

static void
tell(struct teardown *td, unsigned requests)
{
	struct event event = { .kind = EVENT_DRAIN, .value = (int)requests };

	if (requests > 0)
		teardown_tell(td, LOG_TRACE, &event);
}

/*
 * What waited for itself at every look, for SELF_WAIT_MS, is given up. Looks in
 * a row must find nothing in flight.
 */
void
teardown_drain(struct teardown *td)
{
	struct registry *r = &td->view->registry;
	long long deadline = now_ms() + td->limits.drain_ms;
	long long self_wait = now_ms() + SELF_WAIT_MS;
	struct set given_up = { 0 }, suspects = seen(r);
	unsigned requests = in_flight(r, &given_up);
	int empty = 0;

	tell(td, requests);
	if (set_is_empty(&suspects))
		return; /* unmounting waits too, in its way */
	suspects = registry_open(r);
	while (empty < DRAINED && ms_until(deadline) > 0) {
		teardown_pause(td,
		    requests > 0 ? DRAIN_LOOK_MS : DRAIN_TICK_MS);
		if (ms_until(self_wait) == 0)
			set_join(&given_up, &suspects);
		requests = in_flight(r, &given_up);
		empty = requests == 0 ? empty + 1 : 0;
		if (requests > 0) {
			struct set self_waits = find_self_waits(td->view);

			set_keep(&suspects, &self_waits);
		}
	}
	if (empty < DRAINED)
		log_line(&td->view->log, LOG_INFO,
		    "teardown: %u requests were still in flight when the drain "
		    "was over",
		    requests);
}
