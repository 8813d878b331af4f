#include "init/cli/fini.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/cli/environment.h"
#include "init/cli/hints.h"
#include "init/cli/options.h"
#include "init/limits.h"
#include "src/base/log.h"
#include "src/base/text.h"

#define MARGIN 32 /* of what --help says of an option */
#define TINI true /* TINI_NAME is read too */
#define FIELD(field) offsetof(struct options, field)

/* What ends the reading: options_read() returns it. */
enum end { CHECK = 1, CHECK_JSON, LICENSE, HELP, VERSION };

static const struct option table[] = {
	{ 'p', "pdeathsig", OPTION_SIGNAL, 0, FIELD(pdeath_signal), 0 },
	{ 's', "subreaper", OPTION_FLAG, TINI, FIELD(subreaper), 0 },
	{ 'v', "verbose", OPTION_COUNT, 0, FIELD(verbosity), 0 },
	{ 0, "verbosity", OPTION_NUMBER, TINI, FIELD(verbosity), LOG_TRACE },
	{ 'w', "warn-on-reap", OPTION_FLAG, 0, FIELD(warn_on_reap), 0 },
	{ 'g', "kill-process-group", OPTION_FLAG, TINI, FIELD(group), 0 },
	{ 'e', "remap-exit", OPTION_STATUSES, 0, FIELD(remapped), 0 },
	{ 'r', "rewrite", OPTION_REWRITES, 0, FIELD(rewritten), 0 },
	{ 0, "stop-signal", OPTION_SIGNAL, 0, FIELD(stop_signal), 0 },
	{ 0, "wait", OPTION_FLAG, 0, FIELD(wait), 0 },
	{ 0, "kill-grace", OPTION_DURATION, 0, FIELD(kill_grace_ms), 0 },
	{ 0, "client-grace", OPTION_DURATION, 0, FIELD(client_grace_ms), 0 },
	{ 0, "client-kill", OPTION_DURATION, 0, FIELD(client_kill_ms), 0 },
	{ 0, "drain", OPTION_DURATION, 0, FIELD(drain_ms), 0 },
	{ 0, "server-grace", OPTION_DURATION, 0, FIELD(server_grace_ms), 0 },
	{ 0, "abort-wait", OPTION_DURATION, 0, FIELD(abort_wait_ms), 0 },
	{ 0, "patience", OPTION_DURATION, 0, FIELD(patience_ms), 0 },
	{ 0, "server-check", OPTION_DURATION, 0, FIELD(server_check_ms), 0 },
	{ 0, "server", OPTION_TEXTS, 0, FIELD(server), SERVERS_DECLARED },
	{ 0, "server-ready", OPTION_DURATION, 0, FIELD(server_ready_ms), 0 },
	{ 0, "server-exit", OPTION_EXIT, 0, FIELD(server_exit), 0 },
	{ 0, "isolate", OPTION_FLAG, 0, FIELD(isolate), 0 },
	{ 0, "before-servers", OPTION_TEXT, 0, FIELD(before_servers), 0 },
	{ 0, "before-servers-time", OPTION_DURATION, 0,
	    FIELD(before_servers_ms), 0 },
	{ 0, "linger", OPTION_DURATION, 0, FIELD(linger_ms), 0 },
	{ 0, "keep", OPTION_TEXTS, 0, FIELD(keep), KEEP_MOST },
	{ 0, "guard", OPTION_GUARD, 0, FIELD(guard), 0 },
	{ 0, "kill-budget", OPTION_DURATION, 0, FIELD(kill_budget_ms), 0 },
	{ 0, "report", OPTION_TEXT, 0, FIELD(report), 0 },
	{ 0, "report-format", OPTION_FORMAT, 0, FIELD(report_format), 0 },
	{ 0, "check", OPTION_END, 0, 0, CHECK },
	{ 0, "check=json", OPTION_END, 0, 0, CHECK_JSON },
	{ 'l', "license", OPTION_END, 0, 0, LICENSE },
	{ 'h', "help", OPTION_END, 0, 0, HELP },
	{ 0, "version", OPTION_END, 0, 0, VERSION },
	{ .name = "" },
};

/* A tab leads to the margin: that many blanks would be 800 bytes. */
static const char help[] =
    "usage: fini [options] [--] program [argument ...]\n"
    "An init for containers that also shuts down FUSE safely.\n"
    "\n"
    "  -p, --pdeathsig SIGNAL\tget SIGNAL when our parent dies\n"
    "  -s, --subreaper\tbe a child subreaper (always done when not PID 1)\n"
    "  -v, --verbose\tsay more; up to three times\n"
    "      --verbosity N\t0 errors, 1 warnings (default), 2 events, 3 debug, 4 trace\n"
    "  -w, --warn-on-reap\twarn when an orphan is reaped\n"
    "  -g, --kill-process-group\tforward signals to main's process group\n"
    "  -e, --remap-exit STATUS\texit with 0 when main exits with STATUS; repeatable\n"
    "  -r, --rewrite FROM:TO\tsend main TO in place of FROM; 0 drops it; repeatable\n"
    "      --stop-signal SIGNAL\tthe stop signal (TERM); held back while main serves FUSE\n"
    "      --wait\tafter main's exit wait for all other processes; a stop\n"
    "\tsignal ends the wait\n"
    "      --kill-grace DUR\twithout FUSE too: SIGTERM to all after main's exit,\n"
    "\tSIGKILL after DUR (default: exit at once, as tini does)\n"
    "      --client-grace DUR\tclients: SIGTERM to SIGKILL (2s)\n"
    "      --client-kill DUR\tclients: SIGKILL to the abort of what they hang on (1.5s)\n"
    "      --drain DUR\twait for requests in flight at most this long (1s)\n"
    "      --server-grace DUR\tall servers: unmount or SIGTERM to the abort (3s)\n"
    "      --abort-wait DUR\tafter an abort, and after the last SIGKILL (500ms)\n"
    "      --patience DUR\twhile servers work, give nothing up until this long\n"
    "\tafter main's exit (8500ms); 0 for none\n"
    "      --server-check DUR\thow often to look for servers stuck in their exit (2s);\n"
    "\t0 for never\n"
    "      --server CMD\tstart this FUSE server before main; repeatable, in order;\n"
    "\talso FINI_SERVER_1, FINI_SERVER_2 ...\n"
    "      --server-ready DUR\teach may take this long to get its mount live (30s)\n"
    "      --server-exit stop|ignore|restart\n"
    "\twhen it dies while main runs: stop main (default),\n"
    "\tonly say so, or start it again\n"
    "      --isolate\thide from each --server what it mounts\n"
    "      --before-servers CMD\trun when all clients are gone and before any server is\n"
    "\ttold to stop, again and again until it exits with 0\n"
    "      --before-servers-time DUR\tbut no longer than this (5s)\n"
    "      --linger DUR\thow long to wait while others use a mount (0)\n"
    "      --keep NAME\tkeep processes of this name (comm) as helpers; repeatable\n"
    "      --guard auto|always|never\ta guardian that tears down when init is SIGKILLed: from the\n"
    "\tfirst connection of ours on (auto), from the start, or never\n"
    "      --kill-budget DUR\tfor the guardian's whole teardown (2s)\n"
    "      --report FILE\twrite the teardown's timeline to FILE, - for stderr\n"
    "      --report-format text|json\ttext (default) or JSON lines\n"
    "      --check[=json]\tsay what is covered here, and which flag covers the\n"
    "\trest; exit with 2 if something needed is missing\n"
    "  -l, --license\tprint the license\n"
    "  -h, --help\tprint this\n"
    "      --version\tprint the version\n"
    "\n"
    "DUR is a number with ms, s (default), m or h. What an option sets, a variable\n"
    "can set: FINI_CLIENT_GRACE=5s, FINI_KILL_PROCESS_GROUP=1, FINI_VERBOSITY=2 for -v.\n"
    "tini's TINI_SUBREAPER, TINI_VERBOSITY and TINI_KILL_PROCESS_GROUP are read too.\n"
    "See fini(8).\n";

static const char license[] =
#include "build/license.h"
    ;

/* In tini's form: engines look for the number and the commit. */
static const char version[] =
    "fini version " FINI_VERSION " - git." FINI_COMMIT "\n";

static enum options_result
print(const char *text)
{
	(void)!write(STDOUT_FILENO, text, strlen(text));
	return OPTIONS_DONE;
}

static enum options_result
print_help(void)
{
	char all[2 * sizeof(help)];
	struct text t = text_over(all, sizeof(all));
	size_t line = 0; /* where it begins */

	for (const char *at = help; *at; at++) {
		do
			text_format(&t, "%c", *at == '\t' ? ' ' : *at);
		while (*at == '\t' && t.used < line + MARGIN);
		if (*at == '\n')
			line = t.used;
	}
	return print(all);
}

static void
hint(const struct options *options, char **environment)
{
	struct log log = { .fd = STDERR_FILENO,
		.verbosity = options->verbosity };

	hint_variables(table, environment, &log);
	for (int i = 0; options->server[i]; i++)
		hint_shell("--server", options->server[i], &log);
	hint_shell("--before-servers", options->before_servers, &log);
}

enum options_result
fini_options(struct options *options, char **argv, char **environment)
{
	*options = (struct options){
		.stop_signal = SIGTERM,
		.verbosity = LOG_WARNING,
		.kill_grace_ms = -1,
		.server_check_ms = SERVER_CHECK_MS,
		.server_ready_ms = SERVER_READY_MS,
		.before_servers_ms = BEFORE_SERVERS_MS,
		.kill_budget_ms = KILL_BUDGET_MS,
		.client_grace_ms = CLIENT_GRACE_MS,
		.client_kill_ms = CLIENT_KILL_MS,
		.drain_ms = DRAIN_MS,
		.server_grace_ms = SERVER_GRACE_MS,
		.abort_wait_ms = ABORT_WAIT_MS,
		.patience_ms = PATIENCE_MS,
	};
	for (int i = 0; i <= SIGNALS; i++)
		options->rewritten[i] = (uint8_t)i;
	if (environment && environment_read(options, table, environment) < 0)
		return OPTIONS_WRONG;
	switch (options_read(options, table, argv)) {
	case 0:
		hint(options, environment);
		return OPTIONS_RUN;
	case CHECK:
		return OPTIONS_CHECK;
	case CHECK_JSON:
		return OPTIONS_CHECK_JSON;
	case LICENSE:
		return print(license);
	case HELP:
		return print_help();
	case VERSION:
		return print(version);
	default:
		return OPTIONS_WRONG;
	}
}
