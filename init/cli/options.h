/*
 * The command line, read once into one struct, by a table of options; so is the
 * environment before it (init/cli/environment.h). Which there are, and what
 * they mean, is said by a file for each name that init is called by:
 * init/cli/fini.h.
 */
#ifndef FINI_OPTIONS_H
#define FINI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/signals.h"

/* In the order of their words in init/cli/options.c. */
enum report_format { FORMAT_TEXT, FORMAT_JSON };
enum server_exit { SERVER_EXIT_STOP, SERVER_EXIT_IGNORE, SERVER_EXIT_RESTART };
enum guard { GUARD_AUTO, GUARD_ALWAYS, GUARD_NEVER };

#define SERVERS_DECLARED 32
#define KEEP_MOST 8

struct options {
	int pdeath_signal; /* 0: none */
	int stop_signal;   /* what tells main to end */
	bool subreaper;
	int verbosity; /* enum log_level */
	bool warn_on_reap;
	bool group;	     /* signals go to main's process group */
	bool wait;	     /* after main, wait for all others to end */
	int kill_grace_ms;   /* -1: without FUSE no teardown */
	int server_check_ms; /* 0: never */
	int client_grace_ms; /* SIGTERM of clients to their SIGKILL */
	int client_kill_ms;  /* their SIGKILL to the abort */
	int drain_ms;
	int server_grace_ms; /* for all servers together */
	int abort_wait_ms;   /* abort and SIGKILL to giving up */
	int patience_ms;     /* of all of it, while servers work */
	int guard;	     /* enum guard */
	int kill_budget_ms;  /* all of a guardian's teardown */
	int server_ready_ms;
	int server_exit; /* enum server_exit */
	bool isolate;
	const char *before_servers; /* command; NULL: none */
	int before_servers_ms;
	int linger_ms;
	const char *report;		/* file, "-" for stderr; NULL: none */
	int report_format;		/* enum report_format */
	char **main;			/* NULL-terminated, at least one */
	uint8_t rewritten[SIGNALS + 1]; /* what main gets for it; 0: nothing */
	uint8_t remapped[256];		/* 1: this status of main's becomes 0 */
	const char *keep[KEEP_MOST + 1];	  /* names; NULL-terminated */
	const char *server[SERVERS_DECLARED + 1]; /* NULL-terminated */
};

enum options_result {
	OPTIONS_RUN,   /* options->main is to be run */
	OPTIONS_CHECK, /* --check, and --check=json */
	OPTIONS_CHECK_JSON,
	OPTIONS_DONE, /* --help and the like: written, exit with 0 */
	OPTIONS_WRONG /* one line was written to stderr: exit with 1 */
};

/* In the order of what is right for them, in init/cli/options.c. */
enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_COUNT,	 /* int: one more each time */
	OPTION_NUMBER,	 /* int: from 0 to option->number */
	OPTION_SIGNAL,	 /* int */
	OPTION_STATUSES, /* uint8_t[256] */
	OPTION_REWRITES, /* uint8_t[SIGNALS + 1] */
	OPTION_DURATION, /* int, milliseconds */
	OPTION_EXIT,	 /* int: enum server_exit */
	OPTION_GUARD,	 /* int: enum guard */
	OPTION_FORMAT,	 /* int: enum report_format */
	OPTION_TEXT,	 /* const char * */
	OPTION_TEXTS,	 /* const char *[option->number + 1] */
	OPTION_END	 /* nothing more is read; no variable is either */
};

/* No pointers: in a static PIE each would be 8 bytes, and 24 to relocate it. */
struct option {
	char letter;	 /* 0: only the long form */
	char name[20];	 /* --name, and FINI_NAME */
	uint8_t kind;	 /* enum option_kind */
	bool tini;	 /* TINI_NAME is read too */
	uint16_t offset; /* of the field in struct options */
	uint8_t number;	 /* OPTION_END: what options_read() returns */
};

/* The one of that name, `length` characters long, or NULL. */
const struct option *option_find(const struct option *table, const char *name,
    size_t length);

/* 0, or -1 if `value` is not one of the option's kind. */
int option_set(struct options *options, const struct option *option,
    const char *value);

/* What is before the "=" of a variable or a long option. Returns `buffer`. */
const char *option_name(const char *named, char *buffer, size_t size);

/* Both write one line to stderr, and return -1. */
int option_wrong(const char *what, const char *which);
int option_wrong_value(const struct option *option, const char *named,
    const char *value);

/*
 * Sets what the command line says. Options end at the first operand or at "--"
 * (POSIX.1, Utility Syntax Guidelines 9 and 10): what follows is main's,
 * whatever it looks like; but of `program word -- ...` the "--" goes, as under
 * tini. The table ends with an empty name. Returns 0, the number of an
 * OPTION_END, or -1: one line was written to stderr.
 */
int options_read(struct options *options, const struct option *table,
    char **argv);

#endif
