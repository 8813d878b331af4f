/* Second phase: what is in flight is answered. */
#include <stddef.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/log.h"
#include "src/population.h"
#include "src/report.h"
#include "src/stuck.h"
#include "src/teardown_parts.h"

#define DRAIN_TICK_MS 5

/*
 * Looks in a row with nothing in flight: an exiting task may send its last
 * requests in the background.
 */
#define DRAINED 3

bool
teardown_waits_for_itself(struct teardown *td, const struct server *s)
{
	int proc = td->population->proc;

	return stuck_waits_for_fuse(td->population, s->pid) &&
	    (registry_used_by(td->registry, proc, s->pid) & ~s->connections) ==
	    0;
}

static bool
server_waits_for_itself(struct teardown *td, int connection)
{
	for (int i = 0; i < SERVERS; i++) {
		const struct server *s = &td->registry->server[i];

		if (s->pid != 0 &&
		    (s->connections & UINT64_C(1) << connection) &&
		    teardown_waits_for_itself(td, s))
			return true;
	}
	return false;
}

/* Connections whose requests in flight can be seen. */
static uint64_t
seen(const struct registry *r)
{
	uint64_t connections = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].pin.door != FUSECTL_NONE)
			connections |= UINT64_C(1) << i;
	return connections & registry_open(r);
}

static unsigned
in_flight(const struct registry *r, uint64_t connections)
{
	unsigned sum = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		unsigned requests;

		if ((connections & UINT64_C(1) << i) &&
		    fusectl_waiting(&r->connection[i].pin, &requests) == 0)
			sum += requests;
	}
	return sum;
}

static uint64_t
find_self_waits(struct teardown *td)
{
	uint64_t found = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		if ((registry_open(td->registry) & UINT64_C(1) << i) &&
		    server_waits_for_itself(td, i))
			found |= UINT64_C(1) << i;
	return found;
}

void
teardown_drain(struct teardown *td)
{
	long long deadline = now_ms() + td->limits.drain_ms;
	long long self_wait = now_ms() + SELF_WAIT_MS;
	struct report_event event = { .kind = REPORT_DRAIN };
	uint64_t given_up = 0, suspects = ~UINT64_C(0);
	unsigned requests = in_flight(td->registry, seen(td->registry));
	int empty = 0;

	event.value = (int)requests;
	if (requests > 0)
		report_add(td->report, &event, NULL, NULL);
	if (!seen(td->registry))
		return; /* unmounting waits too, in its way */
	while (empty < DRAINED && ms_until(deadline) > 0) {
		teardown_pause(td, DRAIN_TICK_MS);
		if (ms_until(self_wait) == 0)
			given_up |= suspects;
		requests =
		    in_flight(td->registry, seen(td->registry) & ~given_up);
		empty = requests == 0 ? empty + 1 : 0;
		if (requests > 0)
			suspects &= find_self_waits(td);
	}
	if (empty < DRAINED)
		log_line(td->log, LOG_INFO,
		    "teardown: %u requests were still "
		    "in flight when the drain was over",
		    requests);
}
