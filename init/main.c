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
#include "init/init.h"
#include "src/baseline.h"
#include "src/clock.h"
#include "src/mountinfo.h"
#include "src/own_pages.h"
#include "src/procfs.h"
#include "src/spawn.h"

#define EXIT_WRONG 1 /* as tini: wrong usage, and nothing could be run */
#define REPORT_OPEN_MS 1000

/*
 * The sandbox costs a quarter of a millisecond, and is for what may reach us
 * from a main that lives: one that has ended before has not paid for it.
 */
#define SANDBOX_AFTER_MS 50

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

/*
 * Whatever is mounted now is not main's doing. The file stays open: it tells
 * of every mount from here on, whenever we come to ask.
 */
static void
take_baseline(struct init *init)
{
	int *mountinfo = &init->supervision.mountinfo;

	fusectl_init(&init->fusectl);
	descriptors_look(&init->stdio);
	init->population.proc = proc_open();
	if (init->population.proc < 0) {
		log_line(&init->log, LOG_WARNING,
		    "/proc does not show our PID namespace: FUSE is not seen; "
		    "mount one, or add CAP_SYS_ADMIN");
		return;
	}
	*mountinfo = descriptor_above_stdio(proc_openat(init->population.proc,
	    "self/mountinfo", 0));
	if (*mountinfo < 0) {
		log_line(&init->log, LOG_WARNING, "mountinfo: %s",
		    strerror(errno));
		return;
	}
	(void)mountinfo_read(*mountinfo, look_at_mount, init);
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

static int
open_signals(struct init *init)
{
	int *mountinfo = &init->supervision.mountinfo;
	int fd = descriptor_above_stdio(signals_open());

	if (fd < 0 && errno == EMFILE && *mountinfo >= 0) {
		/* Signals are worth more than mounts. */
		log_line(&init->log, LOG_WARNING,
		    "open files are limited to too few: FUSE is not seen");
		close(*mountinfo);
		*mountinfo = -1;
		fd = descriptor_above_stdio(signals_open());
	}
	if (fd < 0)
		log_line(&init->log, LOG_ERROR, "signalfd: %s",
		    strerror(errno));
	init->supervision.signals = fd;
	return fd < 0 ? -1 : 0;
}

/* The servers that main finds when it starts, and what watches over them. */
static int
start_servers(struct init *init)
{
	const struct options *o = &init->options;
	struct servers *s = &init->servers;

	s->ready_ms = o->server_ready_ms;
	s->on_exit = o->server_exit;
	s->isolate = o->isolate;
	s->signals = &init->signals_before;
	for (; o->server[s->count]; s->count++)
		s->declared[s->count].command = o->server[s->count];
	if (s->count == 0)
		return 0;
	if (open_signals(init) < 0)
		return -1;
	return servers_start(s, &init->supervision);
}

/* What init runs later on needs rights of its own, and none of our filter. */
static bool
runs_commands(const struct options *o)
{
	return o->before_servers ||
	    (o->server[0] && o->server_exit == SERVER_EXIT_RESTART);
}

static void
close_inherited(struct init *init)
{
	const struct supervision *sv = &init->supervision;
	int keep[REGISTRY_DESCRIPTORS + 6] = {
		init->population.proc,
		init->fusectl.visible,
		init->fusectl.private,
		init->report.fd,
		sv->signals,
		sv->mountinfo,
	};

	descriptors_close(&init->stdio, keep,
	    6 + registry_descriptors(&init->registry, keep + 6),
	    init->registry.foreigns > 0 || descriptors_on_fuse(&init->stdio),
	    &init->population);
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

	if (init->options.group)
		(void)setpgid(sv->main, sv->main);
	close_inherited(init);
	if (sv->signals < 0 && open_signals(init) < 0)
		return -1;
	if (!runs_commands(&init->options))
		sv->sandbox_at = now_ms() + SANDBOX_AFTER_MS;
	return 0;
}

static void
plan_supervision(struct init *init)
{
	const struct options *o = &init->options;

	init->supervision = (struct supervision){
		.registry = &init->registry,
		.population = &init->population,
		.fusectl = &init->fusectl,
		.log = &init->log,
		.report = &init->report,
		.teardown = &init->teardown,
		.servers = &init->servers,
		.guardian = o->guard == GUARD_NEVER ? NULL : &init->guardian,
		.signals = -1,
		.mountinfo = -1, /* until the baseline is taken */
		.warn_on_reap = o->warn_on_reap,
		.server_check_ms = o->server_check_ms,
		.search_at = NEVER,
		.check_at = NEVER,
		.sandbox_at = NEVER,
		.group = o->group,
	};
}

static int
start_main(struct init *init)
{
	struct supervision *sv = &init->supervision;
	pid_t pid = spawn_main(init->options.main, &init->signals_before,
	    init->stdio.fd[STDIN_FILENO].device, &init->log);

	if (pid < 0) {
		log_line(&init->log, LOG_ERROR, "fork: %s", strerror(errno));
		return -1;
	}
	sv->main = pid;
	if (settle(init) == 0) {
		if (init->options.guard == GUARD_ALWAYS)
			supervise_guard(sv);
		return 0;
	}
	(void)kill(sv->main, SIGKILL);
	return -1;
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
	plan_supervision(init);
	take_baseline(init);
	own_pages_keep(&init->registry, &init->log);
	prepare_report(init);
	plan_end(init);
	if (start_servers(init) == 0) {
		if (start_main(init) < 0)
			return EXIT_WRONG;
		supervise(&init->supervision);
	}
	while (!finish(init))
		supervise(&init->supervision);
	status = final_status(init);
	report_write(&init->report, status);
	guardian_dismiss(&init->guardian);
	return status;
}
