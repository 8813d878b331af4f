#include "init/loop.h"

#include <stdbool.h>

#include "init/forward.h"
#include "init/init.h"
#include "init/reap.h"
#include "init/sandbox.h"
#include "init/servers.h"
#include "init/watch.h"
#include "src/base/clock.h"
#include "src/base/events.h"

/* True if children have died. */
static bool
attend(struct init *init, const struct signals *got)
{
	for (int i = 0; i < got->count; i++)
		forward_to_main(init, &got->signal[i]);
	return reap(init);
}

static void
enter_sandbox(struct init *init)
{
	init->sandbox_at = NEVER;
	sandbox_enter(&init->view.log);
}

static int
timeout_ms(const struct init *init)
{
	long long next = earlier(init->sandbox_at, init->servers.next_at);

	next = earlier(next, init->watch.search_at);
	next = earlier(next, init->watch.check_at);
	next = earlier(next, init->guardian.retry_at);
	return next == NEVER ? -1 : ms_until(next);
}

/* The guardian is forked inside of the sandbox: what comes later is not its. */
static void
guard(struct init *init)
{
	if (init->sandbox_at != NEVER &&
	    (is_due(init->sandbox_at) ||
		registry_any_ours(&init->view.registry)))
		enter_sandbox(init);
	watch_guard(init);
	if (is_due(init->guardian.retry_at))
		guardian_attend(&init->guardian, &init->view);
}

/* One round of it. */
static void
step(struct init *init)
{
	struct pollfd polled[] = {
		{ .fd = init->signals, .events = POLLIN },
		/* Mounts were changed: mounts_poll(), fs/proc_namespace.c. */
		{ .fd = init->view.mountinfo, .events = POLLPRI },
	};
	struct signals got;
	bool changed;

	events_wait(polled, 2, timeout_ms(init), &got);
	changed = attend(init, &got);
	if (polled[1].revents) {
		watch_mounts(init);
		changed = true;
	}
	changed |= watch_tick(init);
	if (changed || is_due(init->servers.next_at))
		servers_step(init);
	guard(init);
}

int
loop_until_servers_live(struct init *init)
{
	servers_step(init);
	while (!init->servers.live && !init->servers.failed)
		step(init);
	return init->servers.failed ? -1 : 0;
}

void
loop_until_main_ends(struct init *init)
{
	while (init->life.state == LIFE_RUNNING)
		step(init);
}

void
loop_guard(struct init *init)
{
	if (init->sandbox_at != NEVER)
		enter_sandbox(init);
	guardian_start(&init->guardian, &init->view);
}
