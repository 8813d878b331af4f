/*
 * What happens between main's exit and ours: clients first, servers last,
 * abort before exit. Runs in any process that may see and signal the others:
 * it learns of deaths from pidfds; reaping is the caller's.
 */
#ifndef FINI_TEARDOWN_H
#define FINI_TEARDOWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/numbers.h"
#include "src/fuse/connection.h"
#include "src/fuse/helper.h"
#include "src/fuse/order.h"
#include "src/fuse/supervisor.h"

struct signal_state;
struct signals;
struct view;

/* How long each phase may take, all in milliseconds. */
struct limits {
	bool wait_for_clients; /* unbounded, before their grace */
	bool told_before;      /* they are to end: SIGTERM before that wait */
	int client_grace_ms;
	int client_kill_ms;
	int drain_ms;
	const char *before_servers; /* a command; NULL: none */
	int before_servers_ms;
	int server_grace_ms;
	int linger_ms; /* while a mount is in use from elsewhere */
	int abort_wait_ms;
	int patience_ms; /* from the start, while servers work; 0: none */
	int most_ms;	 /* all of it: then comes the last act */
};

/* How far it has come: another process goes on from here. */
struct progress {
	bool running;
	unsigned phase;
	long long started_at;
	long long worked_at;	   /* when a server was last seen to work */
	unsigned long long run_ns; /* and how long they all had run, ... */
	long long looked_at;	   /* ... at this time */
};

/* Servers, in the order that they are stopped in. */
struct queue {
	struct server *server[SERVERS];
	struct order_server key[SERVERS];
	int wave[SERVERS]; /* of each */
	int count, waves;
};

/*
 * Whose signals are ours to read: signals_open()'s, -1 without one, and a
 * function that gets what has come, reaps, and returns true for a stop signal.
 * NULL: they are not ours.
 */
struct events {
	int fd;
	bool (*attend)(void *context, const struct signals *got);
	void *context;
};

struct clients {
	struct numbers first;	/* pids of those who are told to end first */
	bool told_apart;	/* false: that is everybody */
	struct numbers holders; /* not these, of terminals */
	struct numbers pipes;	/* read as standard input, by inode */
	struct numbers written; /* by clients: their readers neither */
	/* What a look at those that SIGKILL did not end has found: */
	struct set uses; /* connections that they have files open on */
	bool unknown;	 /* one of them has no open files to look at */
};

/* It may be a server itself. */
struct main_process {
	pid_t pid;  /* 0: it is not there */
	int signal; /* what it gets for SIGTERM; 0: that */
};

struct last_act {
	pid_t pid;    /* the child that waits for it; 0: none */
	long long at; /* or NEVER; that child sees it */
	bool traces;  /* nobody else needs our leave to trace us (Yama) */
};

struct teardown {
	struct view *view;
	struct limits limits;
	const char *const *keep; /* names of helpers, NULL-terminated */
	const struct signal_state *signals_before; /* for before_servers */
	struct main_process main;
	struct events events;
	struct progress reached;
	struct last_act last_act;
	struct clients clients;

	struct helpers helpers;
	struct supervisors supervisors;
	struct queue queue;
};

/*
 * Arms the last act: whatever happens until teardown_disarm(), when
 * limits->most_ms are over a child aborts what is ours and kills all processes.
 * To be called before anything that takes time, even a look. If it is armed
 * already, the new limits hold.
 */
void teardown_arm(struct teardown *teardown, const struct limits *limits);
void teardown_disarm(struct teardown *teardown);

/*
 * From `at_ms` on, or NEVER: the last act plays, and nobody is looked at any
 * more, as every look takes time if something holds its child up.
 */
void teardown_due(struct teardown *teardown, long long at_ms);

/*
 * Tears down all processes but us: clients, drain, servers, abort, verify, from
 * the phase reached. The registry must be fresh (look_for_servers()). Returns
 * when none is left or every limit has passed; the sum of the limits
 * (abort_wait_ms counts twice, and for every connection that only umount can
 * abort) and half a second for the last unmounts bound it, but for
 * wait_for_clients.
 */
void teardown_run(struct teardown *teardown, const struct limits *limits);

/*
 * The phase that is needed even if no process is left: unmounts what is left of
 * connections of ours. A dead mount that others share with us would stay behind
 * in their trees.
 */
void teardown_detach(struct teardown *teardown);

/*
 * Aborts each connection of ours whose servers have all exited but are not
 * dead: at the second look, so that an ordinary exit is not taken for a stuck
 * one. Nothing is lost by it, since no server is left to answer. True if one
 * has been seen for the first time: look again soon.
 */
bool teardown_abort_exited(struct teardown *teardown);

#endif
