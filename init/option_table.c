#include "init/option_table.h"

#include "init/options.h"
#include "src/log.h"

/*
 * Nobody who ends by himself waits for any of these. All of them together, with
 * abort-wait twice and half a second for the last unmounts, stay under the ten
 * seconds that docker stop gives (and Kubernetes' thirty).
 */
#define CLIENT_GRACE_MS 2000
#define CLIENT_KILL_MS 1500
#define DRAIN_MS 1000
#define SERVER_GRACE_MS 3000
#define ABORT_WAIT_MS 500
#define SERVER_CHECK_MS 2000
#define KILL_BUDGET_MS 2000

#define FIELD(name) offsetof(struct options, name)

const struct option option_table[] = {
	{ 'p', false, OPTION_SIGNAL, FIELD(pdeath_signal), "pdeathsig",
	    "SIGNAL", "get SIGNAL when our parent dies" },
	{ 's', true, OPTION_FLAG, FIELD(subreaper), "subreaper", NULL,
	    "be a child subreaper (always done when not PID 1)" },
	{ 'v', false, OPTION_COUNT, FIELD(verbosity), "verbose", NULL,
	    "say more; up to three times" },
	{ 0, true, OPTION_NUMBER, FIELD(verbosity), "verbosity", "N",
	    "0 errors, 1 warnings (default), 2 events, 3 debug, 4 trace" },
	{ 'w', false, OPTION_FLAG, FIELD(warn_on_reap), "warn-on-reap", NULL,
	    "warn when an orphan is reaped" },
	{ 'g', true, OPTION_FLAG, FIELD(group), "kill-process-group", NULL,
	    "forward signals to main's process group" },
	{ 'e', false, OPTION_STATUSES, FIELD(remapped), "remap-exit", "STATUS",
	    "exit with 0 when main exits with STATUS; repeatable" },
	{ 0, false, OPTION_FLAG, FIELD(wait), "wait", NULL,
	    "after main's exit wait until everybody has exited; a stop\n"
	    "signal ends the wait" },
	{ 0, false, OPTION_DURATION, FIELD(kill_grace_ms), "kill-grace", "DUR",
	    "without FUSE too: SIGTERM to everybody after main's exit,\n"
	    "SIGKILL after DUR (default: exit at once, as tini does)" },
	{ 0, false, OPTION_DURATION, FIELD(client_grace_ms), "client-grace",
	    "DUR", "clients: SIGTERM to SIGKILL (2s)" },
	{ 0, false, OPTION_DURATION, FIELD(client_kill_ms), "client-kill",
	    "DUR",
	    "clients: SIGKILL to the abort of what they hang on (1.5s)" },
	{ 0, false, OPTION_DURATION, FIELD(drain_ms), "drain", "DUR",
	    "at most so long for requests in flight (1s)" },
	{ 0, false, OPTION_DURATION, FIELD(server_grace_ms), "server-grace",
	    "DUR", "all servers: unmount or SIGTERM to the abort (3s)" },
	{ 0, false, OPTION_DURATION, FIELD(abort_wait_ms), "abort-wait", "DUR",
	    "after an abort, and after the last SIGKILL (500ms)" },
	{ 0, false, OPTION_DURATION, FIELD(server_check_ms), "server-check",
	    "DUR",
	    "look for servers stuck in their own exit so often (2s);\n"
	    "0 for never" },
	{ 0, false, OPTION_CHOICE, FIELD(guard), "guard", "auto|always|never",
	    "a guardian that tears down when init is SIGKILLed: from the\n"
	    "first connection of ours on (auto), from the start, or never" },
	{ 0, false, OPTION_DURATION, FIELD(kill_budget_ms), "kill-budget",
	    "DUR", "the guardian's teardown takes at most so long (2s)" },
	{ 0, false, OPTION_TEXT, FIELD(report), "report", "FILE",
	    "write the teardown's timeline to FILE, - for stderr" },
	{ 0, false, OPTION_CHOICE, FIELD(report_format), "report-format",
	    "text|json", "text (default) or JSON lines" },
};

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

const struct options option_defaults = {
	.verbosity = LOG_WARNING,
	.kill_grace_ms = -1,
	.server_check_ms = SERVER_CHECK_MS,
	.kill_budget_ms = KILL_BUDGET_MS,
	.client_grace_ms = CLIENT_GRACE_MS,
	.client_kill_ms = CLIENT_KILL_MS,
	.drain_ms = DRAIN_MS,
	.server_grace_ms = SERVER_GRACE_MS,
	.abort_wait_ms = ABORT_WAIT_MS,
};
