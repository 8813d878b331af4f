/* First phase: clients end while servers live and answer. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/fuse/eyes.h"
#include "src/fuse/use.h"
#include "src/proc/task.h"

static bool
is_client(struct teardown *td, pid_t pid)
{
	return !registry_server(&td->view->registry, pid) &&
	    !helpers_have(&td->helpers, pid) &&
	    !supervisors_have(&td->supervisors, pid);
}

#define GENERATIONS 64

/* False if there is no room. */
static bool
add(struct numbers *pids, pid_t pid)
{
	return numbers_add(pids, (uint32_t)pid) ||
	    numbers_have(pids, (uint32_t)pid);
}

/*
 * Who holds its terminal: the first of its session, and the ancestors of that, as
 * tmux, sshd and script. When one of these ends the others get SIGHUP.
 */
static bool
add_holders(struct teardown *td, pid_t pid)
{
	struct view *v = td->view;
	unsigned long long started;
	pid_t holder = task_terminal(v->people.proc, pid);
	bool all = true;

	for (int i = 0; i < GENERATIONS && !people_top(&v->people, holder) &&
	     eyes_on(v, holder);
	     i++) {
		if (holder != pid)
			all &= add(&td->clients.holders, holder);
		if (task_origin(v->people.proc, holder, &holder, &started) < 0)
			break;
	}
	return all;
}

/*
 * False for a reader, as tee in `app | tee log`: it ends by itself when those who
 * write have. True if its input cannot be looked at.
 */
static bool
is_first(struct teardown *td, pid_t pid, bool *all)
{
	char link[24]; /* "/dev/pts/4711", "pipe:[4294967295]" */

	if (!eyes_on(td->view, pid) ||
	    proc_link(td->view->people.proc, link, sizeof(link), "%d/fd/0",
		pid) < 0)
		return true;
	if (text_after(link, "/dev/pts/"))
		*all &= add_holders(td, pid);
	return !text_after(link, "pipe:[");
}

/*
 * Who is told first. Not who is forked from now on: a handler of SIGTERM may start
 * a program that saves, as a shell's trap does. Nor who reads what others write,
 * or holds their terminal. If they are too many they are told all at once.
 */
static void
note_who_is_first(struct teardown *td)
{
	struct clients *c = &td->clients;
	struct view *v = td->view;
	struct people_walk w;
	bool all = true;

	c->first = (struct numbers){ .count = 0 };
	if (c->holders.count > 0)
		c->holders = (struct numbers){ .count = 0 };
	c->told_apart = false;
	if (!eyes_open(v))
		return;
	for (people_open(&w, &v->people); people_next(&w);)
		if (is_client(td, w.pid) && is_first(td, w.pid, &all))
			all &= add(&c->first, w.pid);
	c->told_apart = all; /* and it has come to its end */
	eyes_close();
}

enum whom { FIRST, LATER };

static bool
is_meant(struct teardown *td, pid_t pid, enum whom whom)
{
	const struct clients *c = &td->clients;
	bool first = !c->told_apart ||
	    (numbers_have(&c->first, (uint32_t)pid) &&
		!numbers_have(&c->holders, (uint32_t)pid));

	return is_client(td, pid) && first == (whom == FIRST);
}

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
		note_who_is_first(td);
	if (people_open(&w, p) < 0 && p->everybody) {
		(void)kill(-1, SIGTERM);
		(void)kill(-1, SIGCONT);
	}
	while (people_next(&w)) {
		if (!is_meant(td, w.pid, whom))
			continue;
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
		if (is_client(td, w.pid))
			(void)people_signal(p, w.pid, w.pidfd, SIGSTOP);
	if (teardown_look_again(td))
		teardown_continue_servers(td->view);
	if (people_open(&w, p) < 0 && p->everybody)
		(void)kill(-1, SIGKILL);
	while (people_next(&w))
		if (is_client(td, w.pid))
			teardown_signal(td, w.pid, w.pidfd, SIGKILL);
}

/* `number`, if not 0, is sent to each. False if there are none. */
static bool
hold_clients(struct teardown *td, struct held *held, int number)
{
	struct people *p = &td->view->people;
	struct people_walk w;

	if (people_open(&w, p) < 0 && people_exist(p))
		held_add(held, 0, -1);
	while (held->count < HELD && people_next(&w)) {
		if (!is_client(td, w.pid))
			continue;
		if (number != 0)
			(void)people_signal(p, w.pid, w.pidfd, number);
		held_add(held, w.pid, people_keep(&w));
	}
	people_close(&w);
	return held->count > 0;
}

/*
 * True when no client is left, however many there were: as many as we can hold
 * are waited for at a time. `number`, if not 0, is sent to each of them, so
 * that none that was forked meanwhile escapes a SIGKILL.
 */
static bool
wait_for_clients(struct teardown *td, long long deadline, int number,
    int reserve_ms, bool *stop)
{
	struct held held = { .count = 0 };

	while (hold_clients(td, &held, number)) {
		(void)teardown_wait(td, &held, deadline, stop);
		(void)teardown_abort_exited(td);
		(void)teardown_look_again(td);
		held_release(&held);
		if (stop && *stop)
			return false;
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

		if (!is_client(td, w.pid) || !eyes_on(v, w.pid))
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

/* The later ones are told at half of the time. True when no client is left. */
static bool
tell_and_wait(struct teardown *td)
{
	int grace = td->limits.client_grace_ms;
	long long began = now_ms();

	if (grace <= 0)
		return wait_for_clients(td, began, 0, 0, NULL);
	tell_clients(td, FIRST);
	if (wait_for_clients(td, began + grace / 2, 0, td->limits.patience_ms,
		NULL))
		return true;
	tell_clients(td, LATER);
	return wait_for_clients(td, began + grace, 0,
	    RESERVE_MS + td->limits.client_kill_ms, NULL);
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
