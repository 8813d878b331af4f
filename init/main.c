/*
 * fini: a container's PID 1. main() reads like the life of a container:
 * options, baseline, spawn, close early, supervise, teardown, exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init/check.h"
#include "init/options.h"
#include "init/supervise.h"
#include "src/baseline.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/descriptors.h"
#include "src/discover.h"
#include "src/fusectl.h"
#include "src/guardian.h"
#include "src/log.h"
#include "src/mountinfo.h"
#include "src/pidfd.h"
#include "src/population.h"
#include "src/procfs.h"
#include "src/report.h"
#include "src/sandbox.h"
#include "src/signals.h"
#include "src/spawn.h"
#include "src/teardown.h"

#define EXIT_WRONG 1 /* as tini: wrong usage, and nothing could be run */
#define REPORT_OPEN_MS 1000

/* All that changes while init lives; in memory that its guardian shares. */
struct init {
	struct options options;
	struct log log;
	struct signal_state signals_before;
	struct stdio stdio;
	struct registry registry;
	struct population population;
	struct fusectl fusectl;
	struct report report;
	struct supervision supervision;
	struct teardown teardown;
	struct guardian guardian;
};

static void
prepare(struct init *init)
{
	struct options *o = &init->options;

	init->log =
	    (struct log){ .fd = STDERR_FILENO, .verbosity = o->verbosity };
	signals_block(&init->signals_before);
	if (o->pdeath_signal)
		(void)prctl(PR_SET_PDEATHSIG, (unsigned long)o->pdeath_signal);
	init->population.self = init->population.root = getpid();
	init->population.root_pidfd = -1;
	init->population.guardian = &init->guardian.pid;
	init->population.everybody = init->population.self == 1;
	if ((o->subreaper || !init->population.everybody) &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1UL) < 0)
		log_line(&init->log, LOG_WARNING, "subreaper: %s",
		    strerror(errno));
}

static bool
look_at_mount(const struct mount *m, void *context)
{
	struct init *init = context;

	descriptors_place(&init->stdio, m);
	baseline_mount(&init->registry, m);
	if (strcmp(m->type, "fusectl") == 0)
		fusectl_see(&init->fusectl, m);
	return true;
}

/* Whatever is mounted now is not main's doing. */
static void
take_baseline(struct init *init)
{
	int mountinfo;

	fusectl_init(&init->fusectl);
	descriptors_look(&init->stdio);
	init->population.proc = proc_open();
	if (init->population.proc < 0) {
		log_line(&init->log, LOG_WARNING,
		    "/proc does not show our "
		    "PID namespace: FUSE is not seen; mount one, or add "
		    "CAP_SYS_ADMIN");
		return;
	}
	mountinfo = proc_openat(init->population.proc, "self/mountinfo", 0);
	if (mountinfo < 0) {
		log_line(&init->log, LOG_WARNING, "mountinfo: %s",
		    strerror(errno));
		return;
	}
	(void)mountinfo_read(mountinfo, look_at_mount, init);
	close(mountinfo);
	baseline_inherited(&init->registry, init->population.proc);
}

static void
prepare_report(struct init *init)
{
	const char *name = init->options.report;
	struct report *r = &init->report;

	r->fd = -1;
	r->json = init->options.report_format == FORMAT_JSON;
	if (!name)
		return;
	if (report_open(r, name, REPORT_OPEN_MS) < 0)
		log_line(&init->log, LOG_WARNING, "report: %s: %s", name,
		    strerror(errno));
	else if (strcmp(name, "-") != 0 &&
	    registry_is_foreign(&init->registry, descriptor_device(r->fd))) {
		log_line(&init->log, LOG_WARNING, "report: %s: lies on FUSE",
		    name);
		close(r->fd);
		r->fd = -1;
	}
}

/*
 * Main has its own copies of everything by now. What must see main's start
 * from outside (its group, the closing) is done first, what can wait runs
 * beside main's own start.
 */
static int
settle(struct init *init)
{
	struct supervision *sv = &init->supervision;
	const int keep[] = { init->population.proc, init->fusectl.visible,
		init->report.fd };

	if (init->options.group)
		(void)setpgid(sv->main, sv->main);
	descriptors_close(&init->stdio, keep, sizeof(keep) / sizeof(keep[0]));
	sv->signals = signals_open();
	if (sv->signals < 0)
		return -1;
	sv->mountinfo = init->population.proc < 0 ?
	    -1 :
	    proc_openat(init->population.proc, "self/mountinfo", 0);
	sandbox_drop_capabilities(&init->log);
	sandbox_filter(&init->log);
	return 0;
}

static int
start_main(struct init *init)
{
	struct options *o = &init->options;
	struct supervision *sv = &init->supervision;

	*sv = (struct supervision){
		.registry = &init->registry,
		.population = &init->population,
		.fusectl = &init->fusectl,
		.log = &init->log,
		.report = &init->report,
		.teardown = &init->teardown,
		.guardian = o->guard == GUARD_NEVER ? NULL : &init->guardian,
		.warn_on_reap = o->warn_on_reap,
		.server_check_ms = o->server_check_ms,
		.search_at = NEVER,
		.check_at = NEVER,
		.group = o->group,
		.main = spawn_main(o->main, &init->signals_before, &init->log),
	};
	if (sv->main < 0) {
		log_line(&init->log, LOG_ERROR, "fork: %s", strerror(errno));
		return -1;
	}
	if (settle(init) == 0)
		return 0;
	log_line(&init->log, LOG_ERROR, "signalfd: %s", strerror(errno));
	(void)kill(sv->main, SIGKILL);
	return -1;
}

/* What can be known of it before it is needed. */
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
		},
		.stop_signal = SIGTERM,
		.events = init->supervision.signals,
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
		.act = act_for_init,
		.context = init,
	};
	if (init->options.guard == GUARD_ALWAYS)
		guardian_start(&init->guardian, &init->log);
}

/* Private mounts were made by somebody in here; who is hidden from us. */
static void
tell_unseen(struct init *init)
{
	const struct registry *r = &init->registry;

	for (int i = 0; i < CONNECTIONS; i++) {
		const struct connection *c = &r->connection[i];

		if (c->used && !c->ours && !c->shared && c->mounted &&
		    init->population.everybody)
			log_line(&init->log, LOG_WARNING,
			    "connection %u was mounted while main ran, but "
			    "its server is not seen: left alone (servers of "
			    "another user are seen with CAP_SYS_PTRACE)",
			    c->id);
	}
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

	if (!registry_ours(&init->registry) && o->kill_grace_ms < 0 && !o->wait)
		return;
	if (sv->held_back)
		init->teardown.stop_signal = sv->held_back;
	init->teardown.wait_for_clients = o->wait && !sv->stopping;
	if (registry_ours(&init->registry) && sv->guardian)
		guardian_start(sv->guardian, &init->log);
	teardown_run(&init->teardown);
	(void)supervise_attend(sv);
}

/*
 * False if there is nothing to finish after all: the stop signal was held back
 * for a server that, at a second look, serves nothing any more.
 */
static bool
finish(struct init *init)
{
	struct supervision *sv = &init->supervision;
	struct registry *r = &init->registry;

	if (!population_exists(&init->population))
		return true;
	(void)discover_mounts(r, sv->mountinfo);
	discover_servers(r, &init->population, &init->fusectl, true);
	if (sv->held_back && !sv->ended && !registry_serves(r, sv->main)) {
		(void)kill(sv->main, sv->held_back);
		sv->held_back = 0;
		return false;
	}
	tell_unseen(init);
	tear_down(init);
	return true;
}

static int
exit_status(const struct init *init)
{
	int status = ending_status(&init->supervision.ending);

	/* Main was still alive when the teardown gave up on it. */
	if (!init->supervision.ended)
		status = 128 + SIGKILL;
	return init->options.remapped[status & 0xff] ? 0 : status;
}

int
main(int argc, char **argv)
{
	extern char **environ;
	struct init *init = mmap(NULL, sizeof(*init), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	(void)argc;
	if (init == MAP_FAILED)
		return EXIT_WRONG;
	switch (options_read(&init->options, argv, environ)) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_CHECK:
		return check(false);
	case OPTIONS_CHECK_JSON:
		return check(true);
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_WRONG:
		return EXIT_WRONG;
	}
	prepare(init);
	take_baseline(init);
	prepare_report(init);
	if (start_main(init) < 0)
		return EXIT_WRONG;
	plan_teardown(init);
	plan_guardian(init);
	do
		supervise(&init->supervision);
	while (!finish(init));
	status = exit_status(init);
	report_write(&init->report, status);
	guardian_dismiss(&init->guardian);
	return status;
}
