/* The command line and the environment, read once into one struct. */
#ifndef FINI_OPTIONS_H
#define FINI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of their words in init/option_table.c. */
enum report_format { FORMAT_TEXT, FORMAT_JSON };
enum server_exit { SERVER_EXIT_STOP, SERVER_EXIT_IGNORE, SERVER_EXIT_RESTART };
enum guard { GUARD_AUTO, GUARD_ALWAYS, GUARD_NEVER };

#define SERVERS_DECLARED 32
#define KEEP_MOST 8

struct options {
	int pdeath_signal; /* 0: none */
	bool subreaper;
	int verbosity; /* enum log_level */
	bool warn_on_reap;
	bool group;	       /* signals go to main's process group */
	uint8_t remapped[256]; /* 1: this status of main's becomes 0 */
	bool wait;	       /* after main, wait for everybody's own end */
	int kill_grace_ms;     /* -1: without FUSE nobody is torn down */
	int server_check_ms;   /* 0: never */
	int client_grace_ms;   /* SIGTERM of clients to their SIGKILL */
	int client_kill_ms;    /* their SIGKILL to the abort */
	int drain_ms;
	int server_grace_ms; /* for all servers together */
	int abort_wait_ms;   /* abort and SIGKILL to giving up */
	int patience_ms;     /* of all of it, while servers work */
	int guard;	     /* enum guard */
	int kill_budget_ms;  /* all of a guardian\'s teardown */
	const char *server[SERVERS_DECLARED + 1]; /* NULL-terminated */
	int server_ready_ms;
	int server_exit; /* enum server_exit */
	bool isolate;
	const char *before_servers; /* command; NULL: none */
	int before_servers_ms;
	int linger_ms;
	const char *keep[KEEP_MOST + 1]; /* names; NULL-terminated */
	const char *report;		 /* file, "-" for stderr; NULL: none */
	int report_format;		 /* enum report_format */
	char **main;			 /* NULL-terminated, at least one */
};

enum options_result {
	OPTIONS_RUN,   /* options->main is to be run */
	OPTIONS_CHECK, /* --check, and --check=json */
	OPTIONS_CHECK_JSON,
	OPTIONS_DONE, /* --help and the like: written, exit with 0 */
	OPTIONS_WRONG /* one line was written to stderr: exit with 1 */
};

/*
 * Reads the environment (FINI_*, and tini's TINI_*), then the command line,
 * which wins. Options end at the first operand or at "--" (POSIX.1, Utility
 * Syntax Guidelines 9 and 10): what follows is main's, whatever it looks like.
 */
enum options_result options_read(struct options *options, char **argv,
    char **environment);

#endif
