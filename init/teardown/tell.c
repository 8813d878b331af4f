/* How servers are told to stop: patiently unmounted, or by a signal. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/look.h"
#include "src/fuse/unmount.h"
#include "src/proc/task.h"

/* Unmounting ----------------------------------------------------------------- */

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

/*
 * Side by side, and tells of it. What is in use from elsewhere is given the time
 * to linger.
 */
static void
unmount(struct teardown *td, const struct set *connections, int deadline_ms)
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

/*
 * Can the server be left to end by itself? Nothing of it is mounted any more, so
 * its /dev/fuse reads ENODEV. A SIGTERM now could kill it while it writes its
 * last (archivemount does so only after its loop, with the default action
 * restored).
 */
static bool
is_unmounted(struct teardown *td, const struct server *s)
{
	set_each(i, &s->serves) {
		const struct connection *c = &td->view->registry.connection[i];

		if (c->result.unmount != UNMOUNT_DONE && !c->aborted)
			return false;
	}
	return await_gone(td, s);
}

/* Telling -------------------------------------------------------------------- */

static void
signal_it(struct teardown *td, struct server *s)
{
	s->stop.signalled = true; /* first, as below */
	teardown_signal(td, s->pid, s->pidfd, SIGTERM);
}

/*
 * Who holds a file of its own mount and is served by a ring must not die before
 * the abort: that would not end it any more (docs/kernel.md, FUSE over
 * io_uring). What it has not stored in that file is lost; nobody else is left.
 */
static void
abort_ring_holders(struct teardown *td, struct server *server[], int count)
{
	struct set own = { 0 };

	for (int i = 0; i < count; i++) {
		struct server *s = server[i];
		struct set used = s->state.uses;

		if (s->pid == 0 || s->stop.told || !s->devices.ring)
			continue;
		set_keep(&used, &s->serves);
		set_join(&own, &used);
	}
	teardown_abort(td, &own, "its server holds its own file, by io_uring");
}

/*
 * Unmounting comes first: it fails with EBUSY while anybody still uses the
 * mount, and if it does not, everything has been written back and the server
 * has seen its regular end. SIGTERM, once, is for those that stay; never
 * SIGHUP, which s3fs, rclone and juicefs give another meaning.
 */
void
teardown_tell_servers(struct teardown *td, struct server *server[], int count,
    int deadline_ms)
{
	struct set connections = { 0 };

	abort_ring_holders(td, server, count);
	for (int i = 0; i < count; i++)
		if (server[i]->pid != 0 && !server[i]->stop.told &&
		    !server[i]->second)
			set_join(&connections, &server[i]->serves);
	set_each(i, &connections) /* another may have its number */
		if (td->view->registry.connection[i].over)
			set_remove(&connections, i);
	unmount(td, &connections, deadline_ms);
	for (int i = 0; i < count; i++) {
		struct server *s = server[i];
		bool told = s->stop.told;

		if (s->pid == 0)
			continue; /* it has died meanwhile */
		if (!told) {
			s->stop.told_at = now_ms();
			s->stop.read = s->state.reads;
			s->stop.place = s->state.place;
		}
		s->stop.unmounted |= !s->second && is_unmounted(td, s);
		/* First, so that whoever goes on in our place knows. */
		s->stop.told = true;
		if (!told && !s->stop.unmounted)
			signal_it(td, s);
	}
}

/* Sidelines ------------------------------------------------------------------ */

/* Has it run since the last look? At most one look a tick. */
static void
look_if_it_works(const struct view *v, struct server *s)
{
	unsigned long long ns;

	if (!is_due(s->stop.look_at))
		return;
	ns = task_run_time(v->people.proc, s->pid);
	if (s->stop.look_at == 0 || ns > s->stop.run_ns + WORK_NS)
		s->stop.worked_at = now_ms();
	s->stop.run_ns = ns;
	s->stop.look_at = now_ms() + TICK_MS;
}

/*
 * It serves FUSE beside other work: the mount is gone, and it goes on. One that
 * catches SIGTERM is meant to end by it, and is not hurt by it if it ends
 * already: libfuse's handler only makes its loop end. Whom SIGTERM would kill
 * may be storing what it has (archivemount, after libfuse's loop), or waiting
 * for that, unless its first thread waits where it always did.
 */
static bool
is_sideline(const struct server *s)
{
	long long idle = now_ms() - s->stop.worked_at;

	if (s->state.exited)
		return false;
	if (s->state.takes)
		return idle >= SIDELINE_MS ||
		    now_ms() - s->stop.told_at >= SIDELINE_BUSY_MS;
	return idle >= PAUSE_MS && s->stop.place != 0 &&
	    s->stop.place == s->state.place && !s->state.locked;
}

void
teardown_tell_sidelines(struct teardown *td, struct server *server[], int count)
{
	for (int i = 0; i < count; i++) {
		struct server *s = server[i];

		if (s->pid == 0 || !s->stop.unmounted || s->stop.signalled)
			continue;
		look_if_it_works(td->view, s);
		if (is_sideline(s))
			signal_it(td, s);
	}
}
