/* How a server's mounts go: patiently, and until the connection is gone. */
#include <stddef.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/fusectl.h"
#include "src/log.h"
#include "src/population.h"
#include "src/report.h"
#include "src/teardown_parts.h"
#include "src/unmount.h"

#define GONE_MS 50 /* for the last reference to be dropped */
#define GONE_TICK_MS 5
#define LINGER_TICK_MS 100

static const char *const unmount_words[] = {
	[UNMOUNT_DONE] = "done",
	[UNMOUNT_NONE] = "not mounted here",
	[UNMOUNT_BUSY] = "busy",
	[UNMOUNT_COVERED] = "covered",
	[UNMOUNT_DENIED] = "denied",
	[UNMOUNT_FAILED] = "failed",
	[UNMOUNT_LATE] = "late",
};

static bool
still_mounted_for(const struct registry *r, const struct server *s)
{
	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].connection >= 0 && r->mount[i].seen_by != 0 &&
		    (s->connections & UINT64_C(1) << r->mount[i].connection))
			return true;
	return false;
}

/*
 * Busy, but not by the server itself: somebody in another mount namespace uses
 * it, whom we can only wait for.
 */
static enum unmount_result
unmount_patiently(struct teardown *td, const struct server *s, int connection,
    int deadline_ms)
{
	long long until = now_ms() + td->linger_ms;

	for (;;) {
		enum unmount_result result = unmount_connection(td->population,
		    td->registry->connection[connection].id, 0, 0, deadline_ms);

		if (result != UNMOUNT_BUSY || ms_until(until) == 0 ||
		    (registry_used_by(td->registry, td->population->proc,
			 s->pid) &
			UINT64_C(1) << connection))
			return result;
		teardown_pause(td, LINGER_TICK_MS);
	}
}

/*
 * Unmounted here, a connection lives on while it is mounted elsewhere or
 * somebody has a file of it open: fusectl knows, or else the mounts of servers
 * must do. Who uses it is given the time to linger.
 */
static bool
is_gone(const struct teardown *td, const struct server *s)
{
	const struct registry *r = td->registry;

	for (int i = 0; i < CONNECTIONS; i++)
		if ((s->connections & UINT64_C(1) << i) &&
		    r->connection[i].pin.door != FUSECTL_NONE &&
		    !fusectl_gone(&r->connection[i].pin))
			return false;
	return !still_mounted_for(r, s);
}

static bool
await_gone(struct teardown *td, const struct server *s)
{
	long long until = now_ms() + td->linger_ms + GONE_MS;

	while (!is_gone(td, s) && ms_until(until) > 0)
		teardown_pause(td, GONE_TICK_MS);
	return is_gone(td, s);
}

bool
teardown_unmount(struct teardown *td, const struct server *s, int deadline_ms)
{
	bool gone = true;

	for (int i = 0; i < CONNECTIONS; i++) {
		const struct connection *c = &td->registry->connection[i];
		struct report_event event = {
			.kind = REPORT_UNMOUNT,
			.connection = c->id,
		};
		enum unmount_result result;

		if (!(s->connections & UINT64_C(1) << i))
			continue;
		result = unmount_patiently(td, s, i, deadline_ms);
		report_add(td->report, &event, NULL, unmount_words[result]);
		log_line(td->log, LOG_INFO,
		    "teardown: unmount of connection "
		    "%u: %s",
		    c->id, unmount_words[result]);
		gone &= result == UNMOUNT_DONE;
	}
	return gone && await_gone(td, s);
}
