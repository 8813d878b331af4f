/* First phase: clients end while servers live and answer. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/fusectl.h"
#include "src/log.h"
#include "src/population.h"
#include "src/teardown_parts.h"

#define RESERVE_MS 1500 /* of patience, for drain and servers */

struct clients {
	struct teardown *td;
	struct held *held;
	int signal; /* 0: none */
	uint64_t used;
	bool hidden; /* one has no open files any more to look at */
};

static bool
is_client(const struct teardown *td, pid_t pid)
{
	return !registry_server(td->registry, pid) &&
	    !helpers_have(&td->helpers, pid);
}

/* A stopped process gets SIGTERM only once it is continued. */
static enum visit
signal_client(pid_t pid, int pidfd, void *context)
{
	struct clients *c = context;

	if (!is_client(c->td, pid))
		return VISIT_NEXT;
	teardown_signal(c->td, pid, pidfd, c->signal);
	if (c->signal != SIGKILL)
		(void)population_signal(pid, pidfd, SIGCONT);
	return VISIT_NEXT;
}

/* Without /proc nobody can be told from anybody: everybody is a client. */
static void
signal_clients(struct teardown *td, int number)
{
	struct clients c = { .td = td, .signal = number };

	if (population_each(td->population, signal_client, &c) < 0 &&
	    td->population->everybody) {
		(void)kill(-1, number);
		(void)kill(-1, SIGCONT);
	}
}

static enum visit
hold_client(pid_t pid, int pidfd, void *context)
{
	struct clients *c = context;

	if (!is_client(c->td, pid))
		return VISIT_NEXT;
	if (c->held->count == HELD)
		return VISIT_STOP;
	if (c->signal)
		(void)population_signal(pid, pidfd, c->signal);
	held_add(c->held, pid, pidfd);
	return VISIT_KEEP;
}

static bool
any_clients(struct teardown *td, struct held *held, int number)
{
	struct clients c = { .td = td, .held = held, .signal = number };

	if (population_each(td->population, hold_client, &c) < 0 &&
	    population_exists(td->population))
		held_add(held, 0, -1);
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

	while (any_clients(td, &held, number)) {
		(void)teardown_wait(td, &held, deadline, stop);
		(void)teardown_abort_exited(td);
		held_release(&held);
		if (stop && *stop)
			return false;
		deadline = teardown_patience(td, deadline, reserve_ms);
		if (ms_until(deadline) == 0)
			return false;
	}
	return true;
}

static enum visit
note_use(pid_t pid, int pidfd, void *context)
{
	struct clients *c = context;
	uint64_t used;

	(void)pidfd;
	if (!is_client(c->td, pid))
		return VISIT_NEXT;
	used = registry_used_by(c->td->registry, c->td->population->proc, pid);
	c->used |= used;
	c->hidden |= used == 0;
	return VISIT_NEXT;
}

static uint64_t
with_requests(struct teardown *td)
{
	uint64_t waiting = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		unsigned requests;

		if (!(registry_open(td->registry) & UINT64_C(1) << i))
			continue;
		if (fusectl_waiting(&td->registry->connection[i].pin,
			&requests) < 0 ||
		    requests > 0)
			waiting |= UINT64_C(1) << i;
	}
	return waiting;
}

/*
 * What a client that SIGKILL did not end hangs on: a connection it has a file
 * open on, or, if it has closed them already, one with requests unanswered.
 */
static void
abort_what_they_use(struct teardown *td)
{
	struct clients c = { .td = td };
	uint64_t waiting = with_requests(td);

	(void)population_each(td->population, note_use, &c);
	teardown_abort(td, waiting & (c.hidden ? waiting : c.used),
	    "a client hangs on it");
}

void
teardown_clients(struct teardown *td)
{
	bool stop = false;

	if (td->wait_for_clients) {
		bool gone = wait_for_clients(td, NEVER, 0, 0, &stop);

		td->started_at = now_ms(); /* the user's time, not ours */
		if (gone)
			return;
	}
	if (td->limits.client_grace_ms > 0)
		signal_clients(td, SIGTERM);
	if (wait_for_clients(td, now_ms() + td->limits.client_grace_ms, 0,
		RESERVE_MS + td->limits.client_kill_ms, NULL))
		return;
	signal_clients(td, SIGKILL);
	if (wait_for_clients(td, now_ms() + td->limits.client_kill_ms, SIGKILL,
		RESERVE_MS, NULL))
		return;
	abort_what_they_use(td);
	(void)wait_for_clients(td, now_ms() + td->limits.abort_wait_ms, SIGKILL,
	    td->limits.patience_ms, NULL);
}
