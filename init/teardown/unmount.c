/* How a server's mounts go: patiently, and until the connection is gone. */
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/look.h"
#include "src/fuse/unmount.h"

static bool
still_mounted_for(const struct registry *r, const struct server *s)
{
	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].connection >= 0 && r->mount[i].seen_by != 0 &&
		    set_has(&s->serves, r->mount[i].connection) &&
		    !r->connection[r->mount[i].connection].aborted)
			return true;
	return false;
}

/*
 * Unmounted here, a connection lives on while it is mounted elsewhere or
 * somebody has a file of it open: fusectl knows, or else the mounts of servers
 * must do. Who uses it is given the time to linger.
 */
static bool
is_gone(const struct registry *r, const struct server *s)
{
	set_each(i, &s->serves)
		if (!r->connection[i].aborted &&
		    r->connection[i].pin.door != FUSECTL_NONE &&
		    !fusectl_gone(&r->connection[i].pin))
			return false;
	return !still_mounted_for(r, s);
}

static bool
await_gone(struct teardown *td, const struct server *s)
{
	const struct registry *r = &td->view->registry;
	long long until = now_ms() + td->limits.linger_ms + GONE_MS;

	while (!is_gone(r, s) && ms_until(until) > 0)
		teardown_pause(td, GONE_TICK_MS);
	return is_gone(r, s);
}

/*
 * Not even the server may unmount it: it would wait for the foreign one on the
 * way, in D, and hold the container. All clients are dead and nothing is in
 * flight: its /dev/fuse reads ENODEV, as after an unmount.
 */
static void
abort_behind(struct teardown *td, int connection)
{
	struct set behind = { 0 };

	set_add(&behind, connection);
	teardown_abort(td, &behind, "its mount lies behind a foreign one");
}

/*
 * Busy, but not by a server itself: somebody in another mount namespace uses
 * it, whom we can only wait for.
 */
static struct set
busy_elsewhere(struct registry *r, const struct set *connections)
{
	struct set busy = *connections;

	set_each(i, connections)
		if (r->connection[i].result.unmount != UNMOUNT_BUSY)
			set_remove(&busy, i);
	each_server(s, r)
		set_cut(&busy, &s->state.uses);
	return busy;
}

static void
unmount_patiently(struct teardown *td, const struct set *connections,
    int deadline_ms)
{
	struct view *v = td->view;
	long long until = now_ms() + td->limits.linger_ms;
	struct set busy = *connections;

	for (;;) {
		unmount_many(v, &busy, 0, deadline_ms);
		if (is_due(until))
			return;
		look_at_servers(v, true);
		busy = busy_elsewhere(&v->registry, &busy);
		if (set_is_empty(&busy))
			return;
		teardown_pause(td, LINGER_TICK_MS);
	}
}

void
teardown_unmount(struct teardown *td, const struct set *connections,
    int deadline_ms)
{
	unmount_patiently(td, connections, deadline_ms);
	set_each(i, connections) {
		const struct connection *c = &td->view->registry.connection[i];
		enum unmount_result result =
		    (enum unmount_result)c->result.unmount;
		struct event event = {
			.kind = EVENT_UNMOUNT,
			.connection = c->id,
		};

		event_say(event.what, sizeof(event.what),
		    unmount_result_name(result));
		teardown_tell(td, LOG_INFO, &event);
		if (result == UNMOUNT_BEHIND)
			abort_behind(td, i);
	}
}

bool
teardown_is_unmounted(struct teardown *td, const struct server *s)
{
	set_each(i, &s->serves) {
		const struct connection *c = &td->view->registry.connection[i];

		if (c->result.unmount != UNMOUNT_DONE && !c->aborted)
			return false;
	}
	return await_gone(td, s);
}
