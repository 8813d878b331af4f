/* Supervisors, before the servers they hold; helpers, after all servers. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/fuse/eyes.h"
#include "src/fuse/look.h"
#include "src/proc/process.h"

#define LAST SERVERS /* no wave of servers, but behind them all */

/*
 * One that uses what a server serves goes before that; else with the last of
 * those that it holds. A PID 1 that uses nothing takes all in its namespace
 * along: it goes with the helpers, and who waits for it as well.
 */
static int
wave_of(const struct queue *q, const struct registry *r,
    const struct supervisor *one)
{
	int first = LAST, last = 0;

	for (int i = 0; i < q->count; i++) {
		int wave = q->wave[i];

		if (set_meets(&one->uses, &q->key[i].serves) && wave < first)
			first = wave;
		if (set_has(&one->below, (int)(q->server[i] - r->server)) &&
		    wave > last)
			last = wave;
	}
	if (first < LAST)
		return first;
	return one->helper || one->init || one->above ? LAST : last;
}

/* The next of a walk that is one; NULL at its end. */
static struct supervisor *
next_supervisor(struct teardown *td, struct people_walk *w)
{
	while (people_next(w)) {
		struct supervisor *one =
		    supervisors_have(&td->supervisors, w->pid);

		if (one)
			return one;
	}
	return NULL;
}

/*
 * Are they servers and helpers? Then it ends by no client's end, and starts none
 * again.
 */
static bool
has_servers_only(struct teardown *td, pid_t pid)
{
	struct proc_children c;
	pid_t child;
	bool other = false;

	for (proc_children_open(&c, td->view->people.proc, pid);
	     !other && proc_children_next(&c, &child);)
		other = !registry_server(&td->view->registry, child) &&
		    !helpers_have(&td->helpers, child);
	proc_children_close(&c);
	return !other;
}

/* What they read, as a server's log, nobody reads until they go on. */
static void
hold(struct teardown *td,
    bool (*is_meant)(struct teardown *td, const struct supervisor *one))
{
	struct supervisor *one;
	struct people_walk w;

	if (td->supervisors.count == 0)
		return;
	for (people_open(&w, &td->view->people);
	     (one = next_supervisor(td, &w));)
		if (!one->told && is_meant(td, one))
			teardown_signal(td, w.pid, w.pidfd, SIGSTOP);
}

/*
 * The PID 1 of a PID namespace that servers live in: its end would be theirs. But
 * not one that uses a mount of ours itself.
 */
static bool
is_init(struct teardown *td, const struct supervisor *one)
{
	(void)td;
	return one->init && set_is_empty(&one->uses);
}

static bool
is_parent(struct teardown *td, const struct supervisor *one)
{
	return !has_servers_only(td, one->pid);
}

static bool
is_init_and_parent(struct teardown *td, const struct supervisor *one)
{
	return is_init(td, one) && is_parent(td, one);
}

void
teardown_hold_supervisors(struct teardown *td)
{
	hold(td, is_parent);
}

void
teardown_hold_inits(struct teardown *td)
{
	hold(td, is_init);
}

static void
look(struct teardown *td)
{
	struct view *v = td->view;

	if (!eyes_open(v))
		return;
	helpers_find(&td->helpers, v, td->keep);
	supervisors_find(&td->supervisors, &td->helpers, v);
	supervisors_look(&td->supervisors, v);
	eyes_close();
}

/*
 * At the limit of processes (pids.max) main's end has made room for one, and that
 * may be the last act. Who is a helper must be known before clients are told to
 * end: servers would lose theirs with them.
 */
void
teardown_find_helpers(struct teardown *td)
{
	struct view *v = td->view;

	look(td);
	if (v->eyes.refused && teardown_stand_down(td)) {
		look_for_servers(v, true);
		look(td);
	}
	if (v->eyes.refused)
		log_line(&v->log, LOG_WARNING,
		    "no process can be forked to look for helpers: they end "
		    "with the clients");
	hold(td, is_init_and_parent);
}

/* Once: the second time it is only waited for. */
static void
tell(struct teardown *td, struct people_walk *w, struct supervisor *one)
{
	if (one && one->told)
		return;
	if (one)
		one->told = true;
	teardown_signal(td, w->pid, w->pidfd, SIGTERM);
	(void)people_signal(w->people, w->pid, w->pidfd, SIGCONT);
}

static void
tell_and_hold(struct teardown *td, struct people_walk *w,
    struct supervisor *one, struct held *held)
{
	tell(td, w, one);
	if (held->count < HELD)
		held_add(held, w->pid, people_keep(w));
}

static void
wait_for(struct teardown *td, struct held *held, long long deadline)
{
	while (!teardown_wait(td, held, deadline, NULL) &&
	    ms_until(deadline) > 0)
		(void)teardown_abort_exited(td);
	held_release(held);
}

void
teardown_supervisors(struct teardown *td, int wave, long long deadline)
{
	const struct registry *r = &td->view->registry;
	struct held held = { .count = 0 };
	struct supervisor *one;
	struct people_walk w;

	if (td->supervisors.count == 0)
		return;
	for (people_open(&w, &td->view->people);
	     (one = next_supervisor(td, &w));)
		if (wave_of(&td->queue, r, one) == wave)
			tell_and_hold(td, &w, one, &held);
	wait_for(td, &held, deadline);
}

/* As long as servers have; but what the last phases may need is kept for them. */
static long long
helpers_deadline(const struct teardown *td)
{
	const struct limits *l = &td->limits;
	long long most = td->reached.started_at + l->most_ms -
	    2 * l->abort_wait_ms - DETACH_MS;
	long long deadline = earlier(now_ms() + l->server_grace_ms, most);
	long long least = now_ms() + HELPERS_LEAST_MS;

	return deadline > least ? deadline : least;
}

void
teardown_helpers(struct teardown *td)
{
	long long deadline = helpers_deadline(td);
	struct held held = { .count = 0 };
	struct people_walk w;

	if (td->helpers.count == 0 && td->supervisors.count == 0)
		return;
	for (people_open(&w, &td->view->people); people_next(&w);) {
		struct supervisor *one =
		    supervisors_have(&td->supervisors, w.pid);

		if (one || helpers_have(&td->helpers, w.pid))
			tell_and_hold(td, &w, one, &held);
	}
	wait_for(td, &held, deadline);
}
