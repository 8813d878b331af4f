/*
 * fini: a container's PID 1. main() reads like the life of a container:
 * options, baseline, servers, main, the loop, the end.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init/baseline.h"
#include "init/check.h"
#include "init/cli/fini.h"
#include "init/end.h"
#include "init/init.h"
#include "init/limits.h"
#include "init/loop.h"
#include "init/own_pages.h"
#include "init/servers.h"
#include "init/spawn.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/fd.h"

#define EXIT_WRONG 1 /* as tini: wrong usage, and nothing could be run */
#define EXIT_SERVER_START 125 /* a --server could not be started */

static void
prepare(struct init *init)
{
	const struct options *o = &init->options;
	struct people *p = &init->view.people;

	init->view.log =
	    (struct log){ .fd = STDERR_FILENO, .verbosity = o->verbosity };
	init->view.report = &init->report;
	init->view.eyes.stall_ms = LOOK_STALL_MS;
	init->view.eyes.most_ms = LOOK_MOST_MS;
	init->view.eyes.until = NEVER;
	init->sandbox_at = NEVER;
	init->watch.search_at = init->watch.check_at = NEVER;
	signals_block(&init->inherited.signals);
	if (o->pdeath_signal)
		(void)prctl(PR_SET_PDEATHSIG, (unsigned long)o->pdeath_signal);
	p->self = p->root = getpid();
	p->root_pidfd = -1;
	p->everybody = p->self == 1;
	if ((o->subreaper || !p->everybody) &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1UL) < 0)
		log_line(&init->view.log, LOG_WARNING, "subreaper: %s",
		    error_text(errno));
}

static void
prepare_report(struct init *init)
{
	const char *name = init->options.report;
	struct report *r = &init->report;
	struct log *log = &init->view.log;

	r->fd = -1;
	r->json = init->options.report_format == FORMAT_JSON;
	if (!name)
		return;
	if (report_open(r, &init->view.people, name, REPORT_OPEN_MS) < 0)
		log_line(log, LOG_WARNING, "report: %s: %s", name,
		    error_text(errno));
	else if (strcmp(name, "-") != 0 &&
	    registry_is_foreign(&init->view.registry, fd_device(r->fd))) {
		log_line(log, LOG_WARNING, "report: %s: lies on FUSE", name);
		close(r->fd);
		r->fd = -1;
	}
}

/* Without a signalfd they are waited for: events_wait(). */
static void
open_signals(struct init *init)
{
	int *mountinfo = &init->view.mountinfo;
	struct log *log = &init->view.log;

	init->signals = fd_above_stdio(signals_open());
	if (init->signals < 0 && errno == EMFILE && *mountinfo >= 0) {
		/* Signals are worth more than mounts. */
		log_line(log, LOG_WARNING,
		    "open files are limited to too few: FUSE is not seen");
		close(*mountinfo);
		*mountinfo = -1;
		init->signals = fd_above_stdio(signals_open());
	}
	if (init->signals < 0)
		log_line(log, LOG_INFO, "signalfd: %s", error_text(errno));
}

/* What init runs later on needs rights of its own, and none of our filter. */
static bool
runs_commands(const struct options *o)
{
	return o->before_servers ||
	    (o->server[0] && o->server_exit == SERVER_EXIT_RESTART);
}

static int
start_main(struct init *init)
{
	struct life *life = &init->life;
	pid_t pid = spawn_main(init->options.main, &init->inherited.signals,
	    init->inherited.stdio.fd[STDIN_FILENO].device,
	    &init->inherited.closed, &init->view.log);

	if (pid < 0) {
		log_line(&init->view.log, LOG_ERROR, "fork: %s",
		    error_text(errno));
		return -1;
	}
	life->main = pid;
	life->state = LIFE_RUNNING;
	return 0;
}

/*
 * What must see main's start from outside (the closing) is done first, what can
 * wait runs beside main's own start. The sandbox costs a quarter of a millisecond,
 * and is for what may reach us from a main that lives: one that has ended before
 * has not paid for it.
 */
static void
start(struct init *init)
{
	if (loop_until_servers_live(init) < 0)
		init->life.status = EXIT_SERVER_START;
	else if (start_main(init) < 0)
		init->life.status = EXIT_WRONG;
	baseline_close(init);
	gate_open(&init->inherited.closed);
	if (!runs_commands(&init->options))
		init->sandbox_at = now_ms() + SANDBOX_AFTER_MS;
	if (init->options.guard == GUARD_ALWAYS)
		loop_guard(init);
}

/* Once there may be anything to tear down, every way leads to the end. */
static int
run(struct init *init)
{
	int status;

	prepare(init);
	baseline_take(init);
	own_pages_keep(&init->view.registry, &init->view.log);
	prepare_report(init);
	end_plan(init);
	open_signals(init);
	servers_plan(init);
	start(init);
	do
		loop_until_main_ends(init);
	while (!end_container(init));
	status = end_status(init);
	report_write(&init->report, &init->view, status, REPORT_WRITE_MS);
	guardian_dismiss(&init->guardian, &init->view);
	return status;
}

int
main(int argc, char **argv)
{
	extern char **environ;
	struct init *init = mmap(NULL, sizeof(*init), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	if (init == MAP_FAILED)
		return EXIT_WRONG;
	switch (fini_options(&init->options, argv, environ)) {
	case OPTIONS_RUN:
		return run(init);
	case OPTIONS_CHECK:
		return check(false);
	case OPTIONS_CHECK_JSON:
		return check(true);
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_WRONG:
		break;
	}
	return EXIT_WRONG;
}
