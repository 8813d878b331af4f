/* What the phases of a teardown share. Only for src/teardown*.c. */
#ifndef FINI_TEARDOWN_PARTS_H
#define FINI_TEARDOWN_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "src/teardown.h"

struct server;

#define HELD 32		 /* pidfds waited for at once */
#define SELF_WAIT_MS 400 /* a server that waits so long for itself does so */
#define TICK_MS 100	 /* between looks at what no event tells */

/* Processes waited for. */
struct held {
	pid_t pid[HELD];
	int pidfd[HELD]; /* -1: could not be pinned */
	int count;
	bool borrowed; /* the pidfds are somebody else's to close */
};

/* Room must be left: held->count < HELD. The pidfd is closed with it. */
void held_add(struct held *held, pid_t pid, int pidfd);
void held_release(struct held *held);

/* Is there one whose death nothing tells but SIGCHLD, or another look? */
bool held_any_unpinned(const struct held *held);

/*
 * Waits until all of `held` are dead, or until `deadline_ms`, or a tick has
 * passed; attends to events meanwhile. True when all are dead. A stop signal
 * sets *stop, if it is given, and ends the wait.
 */
bool teardown_wait(struct teardown *teardown, struct held *held,
    long long deadline_ms, bool *stop);

/*
 * Do those who serve our connections still run, and not only idle? To be asked
 * again and again: it compares with the time before.
 */
bool teardown_is_working(struct teardown *teardown);

/*
 * The deadline, or, when it has come but servers still work, a later one, again
 * and again until `reserve_ms` before patience ends.
 */
long long teardown_patience(struct teardown *teardown, long long deadline,
    int reserve_ms);

/* Attends to events for so long. */
void teardown_pause(struct teardown *teardown, int ms);

/* Clients: SIGTERM, grace, SIGKILL, abort of what they hang on. */
void teardown_clients(struct teardown *teardown);

/* Waits until nothing is in flight on connections of ours. */
void teardown_drain(struct teardown *teardown);

/* Runs td->before_servers, again and again until it exits with 0. */
void teardown_before_servers(struct teardown *teardown);

/*
 * Does a thread of this server wait for FUSE, while it uses none but its own?
 * All clients are dead: then it waits for itself.
 */
bool teardown_waits_for_itself(struct teardown *teardown,
    const struct server *server);

/*
 * Unmounts what `server` serves. True if it can be left to end by itself:
 * nothing of it is mounted any more, so its /dev/fuse reads ENODEV. A SIGTERM
 * now could kill it while it writes its last (archivemount does so only after
 * its loop, with the default action restored).
 */
bool teardown_unmount(struct teardown *teardown, const struct server *server,
    int deadline_ms);

/* Servers, one after the other, each unmounted or told to stop. */
void teardown_servers(struct teardown *teardown);

/* Aborts those of `connections` that are ours and open, and says why. */
void teardown_abort(struct teardown *teardown, uint64_t connections,
    const char *why);

/* Signals one process and notes it. */
void teardown_signal(struct teardown *teardown, pid_t pid, int pidfd,
    int number);

/* Aborts what is still served. */
void teardown_abort_rest(struct teardown *teardown);

/* SIGKILL to whoever is left, until nobody is or abort_wait_ms is over. */
void teardown_kill(struct teardown *teardown);

/*
 * Unmounts what is left of connections of ours: a dead mount that others share
 * with us would stay behind in their trees.
 */
void teardown_detach(struct teardown *teardown);

/* Names who does not end, and what it waits in. */
void teardown_verify(struct teardown *teardown);

#endif
