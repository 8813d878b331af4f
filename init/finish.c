/* The end of a container's life: teardown, by init or by its guardian. */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "init/init.h"
#include "src/clock.h"
#include "src/discover.h"
#include "src/pidfd.h"

#define EXIT_SERVER_DIED 124  /* --server-exit stop: main was stopped */
#define EXIT_SERVER_START 125 /* a --server could not be started */

static void
plan_teardown(struct init *init)
{
	const struct options *o = &init->options;

	init->teardown = (struct teardown){
		.registry = &init->registry,
		.fusectl = &init->fusectl,
		.population = &init->population,
		.log = &init->log,
		.report = &init->report,
		.limits = {
			.client_grace_ms = o->kill_grace_ms >= 0 ?
			    o->kill_grace_ms : o->client_grace_ms,
			.client_kill_ms = o->client_kill_ms,
			.drain_ms = o->drain_ms,
			.server_grace_ms = o->server_grace_ms,
			.abort_wait_ms = o->abort_wait_ms,
			.patience_ms = o->patience_ms,
		},
		.stop_signal = SIGTERM,
		.events = -1, /* until there are any */
		.before_servers = o->before_servers,
		.before_servers_ms = o->before_servers_ms,
		.linger_ms = o->linger_ms,
		.keep = o->keep,
		.signals_before = &init->signals_before,
		.attend = supervise_attend,
		.context = &init->supervision,
	};
}

/*
 * In the guardian, while init is stopped in its exit: the teardown that init
 * did not come to, or did not finish. Clients get SIGKILL at once, as they
 * would have from the kernel, but their servers outlive them.
 */
static void
act_for_init(void *context)
{
	struct init *init = context;
	struct teardown *td = &init->teardown;
	int budget = init->options.kill_budget_ms;

	init->population.self = getpid();
	init->population.guardian = NULL;
	init->population.root_pidfd = pidfd_open(init->population.root);
	if (!td->running)
		init->report.start_ms = now_ms();
	td->limits = (struct teardown_limits){
		.client_kill_ms = budget * 4 / 10,
		.drain_ms = budget / 10,
		.server_grace_ms = budget * 4 / 10,
		.abort_wait_ms = budget / 10,
	};
	td->wait_for_clients = false;
	td->before_servers = NULL; /* the budget is for those who serve */
	td->linger_ms = 0;
	td->events = -1;
	log_line(&init->log, LOG_INFO, "init was killed: guardian[%d] acts",
	    init->population.self);
	(void)discover_mounts(&init->registry, init->supervision.mountinfo);
	discover_servers(&init->registry, &init->population, &init->fusectl,
	    true);
	if (registry_ours(&init->registry) || td->running)
		teardown_run(td);
	report_write(&init->report, 128 + SIGKILL);
}

static void
plan_guardian(struct init *init)
{
	init->guardian = (struct guardian){
		.budget_ms = init->options.kill_budget_ms,
		.proc = init->population.proc,
		.act = act_for_init,
		.context = init,
	};
}

/*
 * Without FUSE of ours there is none, as with tini: the kernel kills whoever
 * is left, and nobody can get stuck on a server that died.
 */
static void
tear_down(struct init *init)
{
	struct supervision *sv = &init->supervision;
	const struct options *o = &init->options;

	bool wanted = o->kill_grace_ms >= 0 || o->wait || sv->main == 0;

	if (!registry_ours(&init->registry) && !wanted)
		return;
	init->teardown.events = sv->signals;
	if (sv->held_back)
		init->teardown.stop_signal = sv->held_back;
	init->teardown.wait_for_clients = o->wait && !sv->stopping;
	if (registry_ours(&init->registry) && sv->guardian)
		guardian_start(sv->guardian, &init->log);
	teardown_run(&init->teardown);
	(void)supervise_attend(sv);
}

bool
finish(struct init *init)
{
	struct supervision *sv = &init->supervision;
	struct registry *r = &init->registry;

	if (init->report.start_ms == 0)
		init->report.start_ms = now_ms(); /* main never was */
	if (!population_exists(&init->population))
		return true;
	(void)discover_mounts(r, sv->mountinfo);
	discover_servers(r, &init->population, &init->fusectl, true);
	if (sv->held_back && !sv->ended && !registry_serves(r, sv->main)) {
		(void)kill(sv->main, sv->held_back);
		sv->held_back = 0;
		return false;
	}
	supervise_tell_unseen(sv);
	tear_down(init);
	return true;
}

int
final_status(const struct init *init)
{
	const struct supervision *sv = &init->supervision;
	int status = ending_status(&sv->ending);

	if (sv->main == 0)
		return EXIT_SERVER_START;
	if (init->servers.stopped_main)
		return EXIT_SERVER_DIED;
	if (!sv->ended)
		status = 128 + SIGKILL; /* the teardown gave up on it */
	return init->options.remapped[status & 0xff] ? 0 : status;
}

void
plan_end(struct init *init)
{
	plan_teardown(init);
	plan_guardian(init);
}
