/*
 * What happens between main's exit and ours: clients first, servers last,
 * abort before exit. Runs in any process that may see and signal the others:
 * it learns of deaths from pidfds; reaping is the caller's.
 */
#ifndef FINI_TEARDOWN_H
#define FINI_TEARDOWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/helper.h"

struct fusectl;
struct log;
struct population;
struct registry;
struct report;
struct signal_state;

/* How long each phase may take, all in milliseconds. */
struct teardown_limits {
	int client_grace_ms;
	int client_kill_ms;
	int drain_ms;
	int server_grace_ms;
	int abort_wait_ms;
	int patience_ms; /* from the start, while servers work */
};

struct teardown {
	struct registry *registry;
	struct fusectl *fusectl;
	struct population *population;
	struct log *log;
	struct report *report;
	struct teardown_limits limits;
	bool wait_for_clients; /* unbounded, before they are signalled */
	/* Before any server is told: a command, until it exits with 0. */
	const char *before_servers; /* NULL: none */
	int before_servers_ms;
	int linger_ms;		 /* while a mount is in use from elsewhere */
	const char *const *keep; /* names of helpers, NULL-terminated */
	const struct signal_state *signals_before; /* for that command */
	int stop_signal; /* what servers get: SIGTERM, or what main was
				   to get if it is a server itself */
	/*
	 * A descriptor to poll besides pidfds, -1 for none; `attend` is called
	 * when it is readable, reaps, and returns true for a stop signal.
	 */
	int events;
	bool (*attend)(void *context);
	void *context;

	bool running;
	long long started_at;
	long long worked_at;	   /* when a server was last seen to work */
	unsigned long long run_ns; /* and how long they all had run */
	unsigned phase; /* reached; another process goes on from here */
	struct helpers helpers;
};

/*
 * Tears down everybody but us: clients, drain, servers, abort, verify, from
 * the phase reached. The registry must be fresh (discover_servers()). Returns
 * when nobody is left or every limit has passed; the sum of the limits (abort_wait_ms
 * counts twice, and for every connection that only umount can abort) and half a
 * second for the last unmounts bound it, but for wait_for_clients.
 */
void teardown_run(struct teardown *teardown);

/*
 * Aborts each connection of ours whose servers have all exited but are not
 * dead: at the second look, so that an ordinary exit is not taken for a stuck
 * one. Nothing is lost by it, since nobody is left to answer. True if one has
 * been seen for the first time: look again soon.
 */
bool teardown_abort_exited(struct teardown *teardown);

#endif
