/*
 * Servers that fini starts itself (--server): one after the other before main,
 * each when the one before it serves. Which process the server is, is not what
 * was started: most go into the background. It is who holds /dev/fuse for the
 * connection that came.
 */
#ifndef FINI_SERVERS_H
#define FINI_SERVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/options.h"
#include "src/reap.h"

struct signal_state;
struct supervision;

struct declared {
	const char *command;
	pid_t pid;	      /* what was started; 0: not, or reaped */
	struct ending ending; /* once it was reaped */
	uint64_t connections; /* that came with it; 0: none yet */
	bool lost;	      /* it had a connection and died */
	unsigned newness;     /* of the first that served for it; 0: none yet */
	int error;	      /* why nothing was executed; 0: something was */
	long long started_at;
};

struct servers {
	struct declared declared[SERVERS_DECLARED];
	int count;
	int ready_ms;
	int on_exit; /* enum server_exit */
	bool isolate;
	bool started;	   /* all of them: main may be, too */
	bool restarting;   /* one of them is not live again yet */
	bool stopped_main; /* because one of them died */
	const struct signal_state *signals;
};

/*
 * Starts all of them. 0 when all serve; -1, after one line that says which
 * does not and why, when one could not be started, ended before its mount was
 * live, was late, or a stop signal came.
 */
int servers_start(struct servers *servers, struct supervision *supervision);

/* To be told of every child that was reaped. */
void servers_ended(struct servers *servers, const struct ending *ending);

/*
 * Has one of them died since main was started? Says so and does what
 * --server-exit says. To be called after reaping.
 */
void servers_check(struct servers *servers, struct supervision *supervision);

#endif
