/* First phase: clients end while servers live and answer. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/fuse/eyes.h"
#include "src/fuse/use.h"

enum whom { FIRST, LATER };

/*
 * A stopped process gets SIGTERM only once it is continued. Without /proc
 * nobody can be told from anybody: everybody is a client.
 */
static void
tell_clients(struct teardown *td, enum whom whom)
{
	struct people *p = &td->view->people;
	struct people_walk w;

	if (whom == FIRST)
		teardown_note_first(td);
	else
		teardown_note_later(td);
	if (people_open(&w, p) < 0 && p->everybody) {
		(void)kill(-1, SIGTERM);
		(void)kill(-1, SIGCONT);
	}
	while (people_next(&w)) {
		if (!teardown_is_client(td, w.pid) ||
		    teardown_is_first(td, w.pid) != (whom == FIRST))
			continue;
		teardown_note_told(td, w.pid);
		teardown_signal(td, w.pid, w.pidfd, SIGTERM);
		(void)people_signal(p, w.pid, w.pidfd, SIGCONT);
	}
}

/*
 * They are stopped first, and can mount nothing more. Who has mounted something
 * is a server. Nor does anybody start them again.
 */
static void
kill_clients(struct teardown *td)
{
	struct people *p = &td->view->people;
	struct people_walk w;

	teardown_hold_supervisors(td);
	for (people_open(&w, p); people_next(&w);)
		if (teardown_is_client(td, w.pid))
			(void)people_signal(p, w.pid, w.pidfd, SIGSTOP);
	if (teardown_look_again(td))
		teardown_continue_servers(td->view);
	if (people_open(&w, p) < 0 && p->everybody)
		(void)kill(-1, SIGKILL);
	while (people_next(&w))
		if (teardown_is_client(td, w.pid))
			teardown_signal(td, w.pid, w.pidfd, SIGKILL);
}

/*
 * `number`, if not 0, is sent to each. False if there are none. Is one of them
 * told to end? Another one may have been started again.
 */
static bool
hold_clients(struct teardown *td, struct held *held, int number, bool *told)
{
	struct people *p = &td->view->people;
	struct people_walk w;

	*told = false;
	if (people_open(&w, p) < 0 && people_exist(p))
		held_add(held, 0, -1);
	while (held->count < HELD && people_next(&w)) {
		if (!teardown_is_client(td, w.pid))
			continue;
		*told |= teardown_is_told(td, w.pid);
		if (number != 0)
			(void)people_signal(p, w.pid, w.pidfd, number);
		held_add(held, w.pid, people_keep(&w));
	}
	people_close(&w);
	return held->count > 0;
}

/*
 * True when no client is left, however many there were: as many as we can hold
 * are waited for at a time, and beyond the deadline as long as servers work for
 * those that were told. `number`, if not 0, is sent to each of them, so that none
 * that was forked meanwhile escapes a SIGKILL.
 */
static bool
wait_for_clients(struct teardown *td, long long deadline, int number,
    int reserve_ms, bool *stop)
{
	struct held held = { .count = 0 };
	bool told;

	while (hold_clients(td, &held, number, &told)) {
		(void)teardown_wait(td, &held, deadline, stop);
		(void)teardown_abort_exited(td);
		(void)teardown_look_again(td);
		held_release(&held);
		if (stop && *stop)
			return false;
		if (told)
			deadline = teardown_patience(td, deadline, reserve_ms);
		if (ms_until(deadline) == 0)
			return false;
	}
	return true;
}

/* Somebody lives, and we could not even tell him to end. */
static void
say_if_spared(struct view *v, pid_t pid, int pidfd)
{
	char comm[COMM_SIZE];
	int error;

	if (people_signal(&v->people, pid, pidfd, 0) == 0)
		return;
	error = errno;
	proc_comm(v->people.proc, pid, comm);
	log_line(&v->log, LOG_WARNING, "teardown: cannot signal %s[%d]: %s",
	    comm, pid, error_text(error));
}

static struct set
with_requests(struct registry *r)
{
	struct set waiting = { 0 }, open = registry_open(r);
	unsigned requests;

	set_each(i, &open)
		if (fusectl_waiting(&r->connection[i].pin, &requests) < 0 ?
			registry_server_of(r, i) != NULL :
			requests > 0)
			set_add(&waiting, i);
	return waiting;
}

static void
look_at_clients(struct teardown *td)
{
	struct view *v = td->view;
	struct people_walk w;

	for (people_open(&w, &v->people); people_next(&w);) {
		struct set used;

		if (!teardown_is_client(td, w.pid) || !eyes_on(v, w.pid))
			continue;
		say_if_spared(v, w.pid, w.pidfd);
		used = use_by(v, w.pid, NULL);
		set_join(&td->clients.uses, &used);
		td->clients.unknown |= set_is_empty(&used);
	}
	td->clients.unknown |= v->eyes.blinds > 0;
}

/*
 * What a client that SIGKILL did not end hangs on: a connection it has a file
 * open on, or, if it has closed them already or cannot be looked at, one with
 * requests unanswered.
 */
static void
abort_what_they_use(struct teardown *td)
{
	struct set waiting = with_requests(&td->view->registry);

	td->clients.uses = (struct set){ 0 };
	td->clients.unknown = false;
	if (eyes_open(td->view)) {
		look_at_clients(td);
		eyes_close();
	}
	if (!td->clients.unknown)
		set_keep(&waiting, &td->clients.uses);
	teardown_abort(td, &waiting, "a client hangs on it");
}

/* The later ones are told in the last quarter. True when no client is left. */
static bool
tell_and_wait(struct teardown *td)
{
	int grace = td->limits.client_grace_ms, later = grace / 4;
	int reserve = RESERVE_MS + td->limits.client_kill_ms;
	long long deadline = now_ms() + grace - later;

	if (grace <= 0)
		return wait_for_clients(td, deadline, 0, 0, NULL);
	tell_clients(td, FIRST);
	if (wait_for_clients(td, deadline, 0, reserve + later, NULL))
		return true;
	tell_clients(td, LATER);
	return wait_for_clients(td, now_ms() + later, 0, reserve, NULL);
}

void
teardown_clients(struct teardown *td)
{
	const struct limits *l = &td->limits;
	bool stop = false;

	if (l->wait_for_clients) {
		bool gone;

		/* Who was told main's end only, and who has not heard it. */
		if (l->told_before)
			tell_clients(td, FIRST);
		gone = wait_for_clients(td, NEVER, 0, 0, &stop);
		/* The user's time, not ours. */
		td->reached.started_at = now_ms();
		teardown_due(td, now_ms() + l->most_ms);
		if (gone)
			return;
	}
	if (tell_and_wait(td))
		return;
	kill_clients(td);
	if (wait_for_clients(td, now_ms() + l->client_kill_ms, SIGKILL,
		RESERVE_MS, NULL))
		return;
	abort_what_they_use(td);
	(void)wait_for_clients(td, now_ms() + l->abort_wait_ms, SIGKILL,
	    l->patience_ms, NULL);
}
