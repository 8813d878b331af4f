/* How servers are told to stop. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/proc/task.h"

static void
signal_it(struct teardown *td, struct server *s)
{
	s->stop.signalled = true; /* first, as below */
	teardown_signal(td, s->pid, s->pidfd, td->stop_signal);
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

		if (s->pid == 0 || s->stop.told || !s->ring)
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
	teardown_unmount(td, &connections, deadline_ms);
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
		s->stop.unmounted |= !s->second && teardown_is_unmounted(td, s);
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
