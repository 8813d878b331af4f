/* Whether those who serve still work: then nobody is given up before time. */
#include <stddef.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/population.h"
#include "src/stuck.h"
#include "src/teardown_parts.h"

#define PAUSE_MS 2000 /* a server that has not run for so long is idle */
#define WORK_NS \
	500000ULL /* between two looks; timers of an idle one take less */

static unsigned long long
run_time(const struct teardown *td)
{
	unsigned long long ns = 0;

	for (int i = 0; i < SERVERS; i++)
		if (td->registry->server[i].pid != 0)
			ns += stuck_run_time(td->population->proc,
			    td->registry->server[i].pid);
	return ns;
}

/*
 * Servers that die take their time along: then the sum is smaller, and that is
 * no work.
 */
bool
teardown_is_working(struct teardown *td)
{
	unsigned long long ns = run_time(td);

	if (td->run_ns != 0 && ns >= td->run_ns + WORK_NS)
		td->worked_at = now_ms();
	if (ns < td->run_ns || ns >= td->run_ns + WORK_NS || td->run_ns == 0)
		td->run_ns = ns;
	return td->worked_at != 0 && now_ms() - td->worked_at < PAUSE_MS &&
	    registry_served(td->registry, registry_open(td->registry));
}

long long
teardown_patience(struct teardown *td, long long deadline, int reserve_ms)
{
	long long until = td->started_at + td->limits.patience_ms - reserve_ms;

	if (td->limits.patience_ms == 0 || !teardown_is_working(td) ||
	    ms_until(deadline) > 0 || ms_until(until) == 0)
		return deadline;
	return now_ms() + TICK_MS < until ? now_ms() + TICK_MS : until;
}
