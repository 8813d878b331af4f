#include "src/teardown.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "src/abort.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/fusectl.h"
#include "src/log.h"
#include "src/pidfd.h"
#include "src/population.h"
#include "src/procfs.h"
#include "src/report.h"
#include "src/signals.h"
#include "src/stuck.h"
#include "src/teardown_parts.h"
#include "src/unmount.h"

#define DETACH_MS 500 /* for unmounting what is left of a dead connection */
#define STUCK_SHOWN 8 /* processes that are named at the end */

/* Acting ----------------------------------------------------------------- */

void
teardown_phase(struct teardown *td, const char *name)
{
	struct report_event event = { .kind = REPORT_PHASE };

	log_line(td->log, LOG_DEBUG, "teardown: %s", name);
	report_add(td->report, &event, NULL, name);
}

void
teardown_signal(struct teardown *td, pid_t pid, int pidfd, int number)
{
	struct report_event event = {
		.kind = REPORT_SIGNAL,
		.pid = pid,
		.value = number,
	};
	const char *name = signal_name(number);
	char comm[COMM_SIZE];

	if (population_signal(pid, pidfd, number) < 0)
		return;
	proc_comm(td->population->proc, pid, comm);
	log_line(td->log, LOG_INFO, "teardown: %s to %s[%d]",
	    name ? name : "signal", comm, pid);
	report_add(td->report, &event, comm, NULL);
}

static const struct server *
any_server(const struct registry *r, int connection)
{
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 &&
		    (r->server[i].connections & UINT64_C(1) << connection))
			return &r->server[i];
	return NULL;
}

static void
abort_one(struct teardown *td, int connection, const char *why)
{
	const struct server *s = any_server(td->registry, connection);
	unsigned id = td->registry->connection[connection].id;
	struct report_event event = {
		.kind = REPORT_ABORT,
		.connection = id,
	};
	const char *when = td->running ? "teardown: " : "";
	enum abort_step step;
	char point[256];

	unmount_point(td->population, id, point, sizeof(point));
	step = abort_connection(td->registry, connection, td->population,
	    td->limits.abort_wait_ms);
	if (step == ABORT_NOT)
		log_line(td->log, LOG_WARNING,
		    "%scannot abort connection %u (%s, %s[%d]), %s: "
		    "add CAP_SYS_ADMIN",
		    when, id, point, s ? s->comm : "no server", s ? s->pid : 0,
		    why);
	else
		log_line(td->log, LOG_WARNING,
		    "%saborted connection %u (%s, %s[%d]) by %s: %s", when, id,
		    point, s ? s->comm : "no server", s ? s->pid : 0,
		    abort_step_name(step), why);
	report_add(td->report, &event, NULL, abort_step_name(step));
}

void
teardown_abort(struct teardown *td, uint64_t connections, const char *why)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections & registry_open(td->registry) &
		    UINT64_C(1) << i)
			abort_one(td, i, why);
}

/* Somebody holds it, and nobody who does can answer any more. */
static bool
all_servers_exited(struct teardown *td, int connection)
{
	bool any = false;

	for (int i = 0; i < SERVERS; i++) {
		const struct server *s = &td->registry->server[i];

		if (s->pid == 0 ||
		    !(s->connections & UINT64_C(1) << connection))
			continue;
		if (!stuck_has_exited(td->population->proc, s->pid))
			return false;
		any = true;
	}
	return any;
}

bool
teardown_abort_exited(struct teardown *td)
{
	uint64_t open = registry_open(td->registry);
	bool suspect = false;

	registry_forget_dead(td->registry);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &td->registry->connection[i];

		if (!(open & UINT64_C(1) << i))
			continue;
		if (!all_servers_exited(td, i))
			c->exited_ticks = 0;
		else if (c->exited_ticks++ == 0)
			suspect = true;
		else
			abort_one(td, i, "its server is stuck in its own exit");
	}
	return suspect;
}

/* The end ---------------------------------------------------------------- */

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

static void
kill_everybody(struct teardown *td)
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

/* A dead mount that others share with us would stay behind in their trees. */
static void
detach_mounts(struct teardown *td)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		const struct connection *c = &td->registry->connection[i];

		if (c->used && c->ours && c->mounted)
			(void)unmount_connection(td->population, c->id,
			    MNT_DETACH, 0, DETACH_MS);
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

static enum visit
name_left(pid_t pid, int pidfd, void *context)
{
	struct naming *n = context;
	int proc = n->td->population->proc;
	struct report_event event = { .kind = REPORT_STUCK, .pid = pid };
	char comm[COMM_SIZE];

	(void)pidfd;
	n->pid = pid;
	n->wchan[0] = '\0';
	(void)proc_each_task(proc, pid, find_wchan, n);
	proc_comm(proc, pid, comm);
	log_line(n->td->log, LOG_WARNING,
	    "teardown: left behind: %s[%d], "
	    "waits in %s, on nothing of ours",
	    comm, pid, n->wchan[0] ? n->wchan : "the kernel");
	report_add(n->td->report, &event, comm, n->wchan);
	return ++n->shown < STUCK_SHOWN ? VISIT_NEXT : VISIT_STOP;
}

static void
verify(struct teardown *td)
{
	struct naming n = { .td = td };

	teardown_phase(td, "verify");
	if (population_exists(td->population))
		(void)population_each(td->population, name_left, &n);
}

/* A stopped server would answer nobody. */
static void
continue_servers(struct teardown *td)
{
	for (int i = 0; i < SERVERS; i++) {
		const struct server *s = &td->registry->server[i];

		if (s->pid != 0)
			(void)population_signal(s->pid, s->pidfd, SIGCONT);
	}
}

void
teardown_run(struct teardown *td)
{
	td->running = true;
	if (td->registry->overflow)
		log_line(td->log, LOG_WARNING,
		    "more FUSE connections, mounts "
		    "or servers than can be remembered: some are only killed");
	continue_servers(td);
	helpers_find(&td->helpers, td->registry, td->population);
	teardown_phase(td, "clients");
	teardown_clients(td);
	if (registry_ours(td->registry)) {
		teardown_phase(td, "drain");
		teardown_drain(td);
		teardown_phase(td, "servers");
		teardown_servers(td);
		teardown_phase(td, "abort");
		if (registry_served(td->registry, registry_open(td->registry)))
			teardown_abort(td, registry_open(td->registry),
			    "its server did not stop in time");
	}
	kill_everybody(td);
	detach_mounts(td);
	verify(td);
}
