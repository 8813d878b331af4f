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
#define PATIENCE_MS 8500
#define SERVER_CHECK_MS 2000
#define SERVER_READY_MS 30000
#define BEFORE_SERVERS_MS 5000
#define KILL_BUDGET_MS 2000

#define FIELD(name) offsetof(struct options, name)

const struct option option_table[] = {
	{ 'p', false, OPTION_SIGNAL, FIELD(pdeath_signal), "pdeathsig",
	    "SIGNAL", "get SIGNAL when our parent dies", 0 },
	{ 's', true, OPTION_FLAG, FIELD(subreaper), "subreaper", NULL,
	    "be a child subreaper (always done when not PID 1)", 0 },
	{ 'v', false, OPTION_COUNT, FIELD(verbosity), "verbose", NULL,
	    "say more; up to three times", 0 },
	{ 0, true, OPTION_NUMBER, FIELD(verbosity), "verbosity", "N",
	    "0 errors, 1 warnings (default), 2 events, 3 debug, 4 trace", 0 },
	{ 'w', false, OPTION_FLAG, FIELD(warn_on_reap), "warn-on-reap", NULL,
	    "warn when an orphan is reaped", 0 },
	{ 'g', true, OPTION_FLAG, FIELD(group), "kill-process-group", NULL,
	    "forward signals to main's process group", 0 },
	{ 'e', false, OPTION_STATUSES, FIELD(remapped), "remap-exit", "STATUS",
	    "exit with 0 when main exits with STATUS; repeatable", 0 },
	{ 0, false, OPTION_FLAG, FIELD(wait), "wait", NULL,
	    "after main's exit wait until everybody has exited; a stop\n"
	    "signal ends the wait",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(kill_grace_ms), "kill-grace", "DUR",
	    "without FUSE too: SIGTERM to everybody after main's exit,\n"
	    "SIGKILL after DUR (default: exit at once, as tini does)",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(client_grace_ms), "client-grace",
	    "DUR", "clients: SIGTERM to SIGKILL (2s)", 0 },
	{ 0, false, OPTION_DURATION, FIELD(client_kill_ms), "client-kill",
	    "DUR", "clients: SIGKILL to the abort of what they hang on (1.5s)",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(drain_ms), "drain", "DUR",
	    "at most so long for requests in flight (1s)", 0 },
	{ 0, false, OPTION_DURATION, FIELD(server_grace_ms), "server-grace",
	    "DUR", "all servers: unmount or SIGTERM to the abort (3s)", 0 },
	{ 0, false, OPTION_DURATION, FIELD(abort_wait_ms), "abort-wait", "DUR",
	    "after an abort, and after the last SIGKILL (500ms)", 0 },
	{ 0, false, OPTION_DURATION, FIELD(patience_ms), "patience", "DUR",
	    "nobody is given up before so long after main, while servers\n"
	    "are seen to work (8500ms); 0 for none",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(server_check_ms), "server-check",
	    "DUR",
	    "look for servers stuck in their own exit so often (2s);\n"
	    "0 for never",
	    0 },
	{ 0, false, OPTION_TEXTS, FIELD(server), "server", "CMD",
	    "start this FUSE server before main; repeatable, in order;\n"
	    "also FINI_SERVER_1, FINI_SERVER_2 ...",
	    SERVERS_DECLARED },
	{ 0, false, OPTION_DURATION, FIELD(server_ready_ms), "server-ready",
	    "DUR", "until its mount must be live, for each (30s)", 0 },
	{ 0, false, OPTION_CHOICE, FIELD(server_exit), "server-exit",
	    "stop|ignore|restart",
	    "when it dies while main runs: stop main "
	    "(default),\nsay so only, or start it again",
	    0 },
	{ 0, false, OPTION_FLAG, FIELD(isolate), "isolate", NULL,
	    "those servers cannot see, and so not hold, what they mount", 0 },
	{ 0, false, OPTION_TEXT, FIELD(before_servers), "before-servers", "CMD",
	    "run when all clients are gone and before any server is\n"
	    "told to stop, again and again until it exits with 0",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(before_servers_ms),
	    "before-servers-time", "DUR", "for at most so long (5s)", 0 },
	{ 0, false, OPTION_DURATION, FIELD(linger_ms), "linger", "DUR",
	    "wait so long while a mount is in use from elsewhere (0)", 0 },
	{ 0, false, OPTION_TEXTS, FIELD(keep), "keep", "NAME",
	    "processes of this name (comm) are helpers of the servers;\n"
	    "repeatable",
	    KEEP_MOST },
	{ 0, false, OPTION_CHOICE, FIELD(guard), "guard", "auto|always|never",
	    "a guardian that tears down when init is SIGKILLed: from the\n"
	    "first connection of ours on (auto), from the start, or never",
	    0 },
	{ 0, false, OPTION_DURATION, FIELD(kill_budget_ms), "kill-budget",
	    "DUR", "the guardian's teardown takes at most so long (2s)", 0 },
	{ 0, false, OPTION_TEXT, FIELD(report), "report", "FILE",
	    "write the teardown's timeline to FILE, - for stderr", 0 },
	{ 0, false, OPTION_CHOICE, FIELD(report_format), "report-format",
	    "text|json", "text (default) or JSON lines", 0 },
};

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

const struct options option_defaults = {
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
