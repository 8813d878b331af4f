/* Last phases: abort, kill, detach, verify. Nobody is asked any more. */
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/format.h"
#include "src/fusectl.h"
#include "src/log.h"
#include "src/population.h"
#include "src/procfs.h"
#include "src/report.h"
#include "src/stuck.h"
#include "src/teardown_parts.h"
#include "src/unmount.h"

#define DETACH_MS 500 /* for unmounting what is left of dead connections */
#define LOOKS 20      /* at a foreign connection, before it is named */
#define LOOK_MS 5
#define STUCK_SHOWN 8 /* processes that are named at the end */

void
teardown_abort_rest(struct teardown *td)
{
	if (registry_served(td->registry, registry_open(td->registry)))
		teardown_abort(td, registry_open(td->registry),
		    "its server did not stop in time");
}

struct gathering {
	struct teardown *td;
	struct held *held;
};

static enum visit
kill_and_hold(pid_t pid, int pidfd, void *context)
{
	struct gathering *g = context;

	if (g->held->count == HELD)
		return VISIT_STOP;
	teardown_signal(g->td, pid, pidfd, SIGKILL);
	held_add(g->held, pid, pidfd);
	return VISIT_KEEP;
}

void
teardown_kill(struct teardown *td)
{
	long long deadline = now_ms() + td->limits.abort_wait_ms;
	struct held held = { .count = 0 };

	while (population_exists(td->population) && ms_until(deadline) > 0) {
		struct gathering g = { .td = td, .held = &held };

		if (population_each(td->population, kill_and_hold, &g) < 0) {
			if (td->population->everybody)
				(void)kill(-1, SIGKILL);
			held_add(&held, 0, -1);
		}
		while (!teardown_wait(td, &held, deadline, NULL) &&
		    ms_until(deadline) > 0 && !held_any_unpinned(&held))
			(void)teardown_abort_exited(td);
		held_release(&held);
	}
}

void
teardown_detach(struct teardown *td)
{
	long long deadline = now_ms() + DETACH_MS;

	for (int i = 0; i < CONNECTIONS; i++) {
		const struct connection *c = &td->registry->connection[i];

		if (c->used && c->ours && c->mounted)
			(void)unmount_connection(td->population, c->id,
			    MNT_DETACH, 0, ms_until(deadline));
	}
}

struct naming {
	struct teardown *td;
	pid_t pid;
	char wchan[24];
	int shown;
};

/* A zombie leader waits in nothing: its other threads do. */
static bool
find_wchan(int tid, void *context)
{
	struct naming *n = context;

	return proc_wchan(n->td->population->proc, n->pid, tid, n->wchan,
		   sizeof(n->wchan)) < 0 ||
	    n->wchan[0] == '\0';
}

/*
 * Which foreign connection has requests that nobody answers? One that is only
 * busy has none for a moment, sooner or later.
 */
static unsigned
unanswered_foreign(struct teardown *td)
{
	const struct registry *r = td->registry;
	bool answered[FOREIGN] = { false };

	fusectl_prepare(td->fusectl);
	for (int look = 0; look < LOOKS; look++) {
		for (int i = 0; i < r->foreigns; i++)
			answered[i] |=
			    fusectl_peek(td->fusectl, r->foreign[i]) == 0;
		teardown_pause(td, LOOK_MS);
	}
	for (int i = 0; i < r->foreigns; i++)
		if (!answered[i])
			return r->foreign[i];
	return 0;
}

/* A connection of ours that this server is stuck on: nothing could end it. */
static unsigned
unaborted_of(struct registry *r, pid_t pid)
{
	const struct server *s = registry_server(r, pid);

	for (int i = 0; s && i < CONNECTIONS; i++)
		if ((s->connections & UINT64_C(1) << i) &&
		    r->connection[i].unaborted)
			return r->connection[i].id;
	return 0;
}

static bool
is_unaborted(const struct registry *r, unsigned number)
{
	int connection = number == 0 ? -1 : registry_find(r, number);

	return connection >= 0 && r->connection[connection].unaborted;
}

static enum visit
name_left(pid_t pid, int pidfd, void *context)
{
	struct naming *n = context;
	int proc = n->td->population->proc;
	struct report_event event = { .kind = REPORT_STUCK, .pid = pid };
	char comm[COMM_SIZE], buffer[160];
	struct text where = text_over(buffer, sizeof(buffer));
	unsigned number;

	(void)pidfd;
	n->pid = pid;
	n->wchan[0] = '\0';
	(void)proc_each_task(proc, pid, find_wchan, n);
	proc_comm(proc, pid, comm);
	number = registry_number_used_by(n->td->registry, proc, pid);
	if (number == 0)
		number = unaborted_of(n->td->registry, pid);
	if (number == 0 && stuck_waits_for_fuse(n->td->population, pid))
		number = unanswered_foreign(n->td); /* its files are closed */
	event.connection = number;
	if (is_unaborted(n->td->registry, number))
		text_format(&where,
		    "connection %u, which cannot be aborted here: add "
		    "CAP_SYS_ADMIN, or bind /sys/fs/fuse/connections",
		    number);
	else if (number != 0)
		text_format(&where, "connection %u, which is not ours", number);
	else
		text_format(&where, "nothing of ours");
	log_line(n->td->log, LOG_WARNING,
	    "teardown: left behind: %s[%d] waits in %s, on %s", comm, pid,
	    n->wchan[0] ? n->wchan : "the kernel", buffer);
	report_add(n->td->report, &event, comm, n->wchan);
	return ++n->shown < STUCK_SHOWN ? VISIT_NEXT : VISIT_STOP;
}

void
teardown_verify(struct teardown *td)
{
	struct naming n = { .td = td };

	if (population_exists(td->population))
		(void)population_each(td->population, name_left, &n);
}
