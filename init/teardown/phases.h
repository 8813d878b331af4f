/* What the phases of a teardown share. Only for init/teardown/. */
#ifndef FINI_PHASES_H
#define FINI_PHASES_H

#include <stdbool.h>

#include "init/limits.h"
#include "init/report.h"
#include "init/teardown/teardown.h"
#include "src/fuse/view.h"

#define HELD 1024 /* pidfds waited for at once */
#define WORK_NS \
	500000ULL /* between two looks; timers of an idle one take less */

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
 * Does a thread of this server wait for FUSE, while it uses none but its own,
 * as the last look has found? All clients are dead: then it waits for itself.
 */
bool teardown_waits_for_itself(const struct server *server);

/*
 * Unmounts connections, side by side, and tells of it. What is in use from
 * elsewhere is given the time to linger.
 */
void teardown_unmount(struct teardown *teardown, const struct set *connections,
    int deadline_ms);

/*
 * Can the server be left to end by itself? Nothing of it is mounted any more, so
 * its /dev/fuse reads ENODEV. A SIGTERM now could kill it while it writes its
 * last (archivemount does so only after its loop, with the default action
 * restored).
 */
bool teardown_is_unmounted(struct teardown *teardown,
    const struct server *server);

/* Servers, in waves, each unmounted or told to stop. */
void teardown_servers(struct teardown *teardown);

/* Finds the order: td->queue. */
void teardown_plan(struct teardown *teardown);

/*
 * Unmounts what these servers serve; those that stay get the stop signal. Again
 * for one that was told changes nothing.
 */
void teardown_tell_servers(struct teardown *teardown, struct server *server[],
    int count, int deadline_ms);

/*
 * The stop signal for those that are unmounted and do not end by it. After a
 * look (look_at_servers()), again and again.
 */
void teardown_tell_sidelines(struct teardown *teardown, struct server *server[],
    int count);

/*
 * Stops the PID 1s of PID namespaces that servers live in (SIGSTOP): one that
 * ends because its own children have would end the servers too. But not one
 * that uses a mount of ours itself.
 */
void teardown_hold_inits(struct teardown *teardown);

/*
 * Tells the supervisors of wave `wave` to stop, and waits for them: all clients
 * are dead, and the servers still live.
 */
void teardown_supervisors(struct teardown *teardown, int wave,
    long long deadline_ms);

/* Those of helpers, PID 1s that were held, and helpers: SIGTERM, grace. */
void teardown_helpers(struct teardown *teardown);

/* Aborts those of `connections` that are ours and open, and says why. */
void teardown_abort(struct teardown *teardown, const struct set *connections,
    const char *why);

/* Tells of an event, in the log and in the report. */
void teardown_tell(struct teardown *teardown, enum log_level level,
    const struct event *event);

/* Signals one process, main by its own stop signal, and tells of it. */
void teardown_signal(struct teardown *teardown, pid_t pid, int pidfd,
    int number);

/* Aborts what is still served. */
void teardown_abort_rest(struct teardown *teardown);

/* SIGKILL to whoever is left, until nobody is or abort_wait_ms is over. */
void teardown_kill(struct teardown *teardown);

/* Names who does not end, and what it waits in. */
void teardown_verify(struct teardown *teardown);

#endif
