#include "src/teardown.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
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

	if (population_signal(td->population, pid, pidfd, number) < 0)
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

	registry_forget_dead(td->registry, td->population);
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

/* A stopped server would answer nobody. */
static void
continue_servers(struct teardown *td)
{
	for (int i = 0; i < SERVERS; i++) {
		const struct server *s = &td->registry->server[i];

		if (s->pid != 0)
			(void)population_signal(td->population, s->pid,
			    s->pidfd, SIGCONT);
	}
}

static void
prepare(struct teardown *td)
{
	if (td->registry->overflow)
		log_line(td->log, LOG_WARNING,
		    "more FUSE connections, mounts or servers than can be "
		    "remembered: some are only killed");
	continue_servers(td);
	helpers_find(&td->helpers, td->registry, td->population, td->keep);
}

static const struct {
	const char *name;
	void (*run)(struct teardown *td);
	bool fuse; /* nothing to do without connections of ours */
} phases[] = {
	{ "prepare", prepare, true },
	{ "clients", teardown_clients, false },
	{ "drain", teardown_drain, true },
	{ "before-servers", teardown_before_servers, true },
	{ "servers", teardown_servers, true },
	{ "abort", teardown_abort_rest, true },
	{ "kill", teardown_kill, false },
	{ "detach", teardown_detach, true },
	{ "verify", teardown_verify, false },
};

#define PHASES (sizeof(phases) / sizeof(phases[0]))

void
teardown_run(struct teardown *td)
{
	bool fuse = registry_ours(td->registry) != 0;

	if (!td->running)
		td->started_at = now_ms();
	for (td->running = true; td->phase < PHASES; td->phase++) {
		struct report_event event = { .kind = REPORT_PHASE };
		const char *name = phases[td->phase].name;

		if ((phases[td->phase].fuse && !fuse) ||
		    (phases[td->phase].run == teardown_before_servers &&
			!td->before_servers))
			continue;
		log_line(td->log, LOG_DEBUG, "teardown: %s", name);
		report_add(td->report, &event, NULL, name);
		phases[td->phase].run(td);
	}
}
