/* Last phases: abort, kill, detach, verify. Nobody is asked any more. */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>

#include "init/rights.h"
#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/abort.h"
#include "src/fuse/eyes.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"
#include "src/fuse/stuck.h"
#include "src/fuse/unmount.h"
#include "src/fuse/use.h"
#include "src/proc/task.h"

#define STUCK_SHOWN 8 /* processes that are named at the end */

void
teardown_abort_rest(struct teardown *td)
{
	struct registry *r = &td->view->registry;
	struct set open, served = { 0 };

	/* What nobody serves any more has ended, and its number is free. */
	look_what_is_over(td->view);
	open = registry_open(r);
	if (!set_is_empty(&open))
		look_for_servers(td->view, false);
	set_each(i, &open)
		if (registry_server_of(r, i))
			set_add(&served, i);
	teardown_abort(td, &served, "its server did not stop in time");
}

/* Kill ----------------------------------------------------------------------- */

/*
 * Who is left is stopped first: a loop that starts its server again could do so
 * between a look and a SIGKILL.
 */
static void
stop_and_look(struct teardown *td)
{
	struct set ours;
	struct people_walk w;

	for (people_open(&w, &td->view->people); people_next(&w);)
		(void)people_signal(w.people, w.pid, w.pidfd, SIGSTOP);
	if (teardown_look_again(td)) {
		ours = registry_ours(&td->view->registry);
		teardown_abort(td, &ours, "it was mounted too late");
	}
}

static void
kill_and_hold(struct teardown *td, struct held *held)
{
	struct people *p = &td->view->people;
	struct people_walk w;

	stop_and_look(td);
	if (people_open(&w, p) < 0) {
		if (p->everybody)
			(void)kill(-1, SIGKILL);
		held_add(held, 0, -1);
	}
	while (held->count < HELD && people_next(&w)) {
		teardown_signal(td, w.pid, w.pidfd, SIGKILL);
		held_add(held, w.pid, people_keep(&w));
	}
	people_close(&w);
}

void
teardown_kill(struct teardown *td)
{
	long long deadline = now_ms() + td->limits.abort_wait_ms;
	struct held held = { .count = 0 };

	while (people_exist(&td->view->people) && ms_until(deadline) > 0) {
		kill_and_hold(td, &held);
		while (!teardown_wait(td, &held, deadline, NULL) &&
		    ms_until(deadline) > 0 && !held_any_unpinned(&held))
			(void)teardown_abort_exited(td);
		held_release(&held);
	}
}

/* Detach --------------------------------------------------------------------- */

void
teardown_detach(struct teardown *td)
{
	struct view *v = td->view;
	struct set ours = registry_ours(&v->registry);
	set_each(i, &ours)
		if (!v->registry.connection[i].here.mounted)
			set_remove(&ours, i);
	unmount_many(v, &ours, MNT_DETACH, DETACH_MS);
}

/* Verify --------------------------------------------------------------------- */

/*
 * Which foreign connection has requests that nobody answers? One that is only
 * busy has none for a moment, sooner or later.
 */
static unsigned
unanswered_foreign(struct teardown *td)
{
	struct view *v = td->view;
	const struct registry *r = &v->registry;
	bool answered[FOREIGN] = { false };

	fusectl_prepare(&v->fusectl);
	for (int look = 0; look < FOREIGN_LOOKS; look++) {
		for (int i = 0; i < r->foreigns; i++)
			answered[i] |=
			    fusectl_peek(&v->fusectl, r->foreign[i]) <= 0;
		teardown_pause(td, FOREIGN_LOOK_MS);
	}
	for (int i = 0; i < r->foreigns; i++)
		if (!answered[i])
			return r->foreign[i];
	return 0;
}

/* No way worked: its servers were killed at most. */
static bool
is_unaborted(const struct connection *c)
{
	return c->aborted && c->result.abort == ABORT_NOT;
}

/*
 * An abort does not end a request that a dying thread has put into its own
 * ring: only that thread could take it out (fuse_uring_send_in_task(),
 * fs/fuse/dev_uring.c, 6.18).
 */
static bool
has_requests(const struct connection *c)
{
	unsigned waiting = 0;

	return c->aborted && fusectl_waiting(&c->pin, &waiting) == 0 &&
	    waiting > 0;
}

/* A connection of ours that this server is stuck on: nothing could end it. */
static unsigned
unended_of(struct registry *r, pid_t pid)
{
	const struct server *s = registry_server(r, pid);

	if (s)
		set_each(i, &s->serves)
			if (is_unaborted(&r->connection[i]) ||
			    has_requests(&r->connection[i]))
				return r->connection[i].id;
	return 0;
}

static const char *
why(const struct registry *r, unsigned number)
{
	int connection = registry_find(r, number);

	if (number == 0)
		return "nothing of ours";
	if (connection >= 0 && is_unaborted(&r->connection[connection]))
		return rights_may_unmount() ?
		    "which cannot be aborted here" :
		    "which cannot be aborted here: add CAP_SYS_ADMIN, or "
		    "bind /sys/fs/fuse/connections";
	if (connection >= 0 && r->connection[connection].ours)
		return "which was aborted";
	return "which is not ours";
}

static void
name_left(struct teardown *td, pid_t pid)
{
	struct view *v = td->view;
	struct event event = { .kind = EVENT_STUCK, .pid = pid };

	task_waits_in(v->people.proc, pid, event.what, sizeof(event.what));
	proc_comm(v->people.proc, pid, event.comm);
	(void)use_by(v, pid, &event.connection);
	if (event.connection == 0)
		event.connection = unended_of(&v->registry, pid);
	if (event.connection == 0 && stuck_in(v, pid).for_fuse)
		event.connection = unanswered_foreign(td); /* it has closed */
	event.why = why(&v->registry, event.connection);
	teardown_tell(td, LOG_WARNING, &event);
}

static void
name_all(struct teardown *td)
{
	struct people *p = &td->view->people;
	struct people_walk w;
	int shown = 0;

	for (people_open(&w, p); shown < STUCK_SHOWN && people_next(&w);)
		if (eyes_on(td->view, w.pid)) {
			name_left(td, w.pid);
			shown++;
		}
	people_close(&w);
}

void
teardown_verify(struct teardown *td)
{
	struct eyes *eyes = &td->view->eyes;
	long long least = now_ms() + eyes->stall_ms;

	/* Who is left is said even if it is late. */
	if (eyes->until < least)
		eyes->until = least;
	if (people_exist(&td->view->people) && eyes_open(td->view)) {
		name_all(td);
		eyes_close();
	}
}
