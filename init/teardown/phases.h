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
	bool borrowed; /* their owner closes the pidfds */
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

/* Attends to events for that long. */
void teardown_pause(struct teardown *teardown, int ms);

/* Clients: SIGTERM, grace, SIGKILL, abort of what they hang on. */
void teardown_clients(struct teardown *teardown);

/* No server, helper or supervisor. */
bool teardown_is_client(struct teardown *teardown, pid_t pid);

/*
 * Notes which clients are told to end first. Not those that are forked from now
 * on: a handler of SIGTERM may start a program that saves, as a shell's trap does.
 * Nor those that read what another client writes, or hold its terminal. If they
 * are too many, or no FUSE is ours, they are told all at once.
 */
void teardown_note_first(struct teardown *teardown);

/* Who has come since, and has an ancestor that may wait for it, counts as told. */
void teardown_note_later(struct teardown *teardown);
bool teardown_is_first(const struct teardown *teardown, pid_t pid);

/* From the second round on. */
void teardown_note_told(struct teardown *teardown, pid_t pid);
bool teardown_is_told(const struct teardown *teardown, pid_t pid);

/* Waits until nothing is in flight on connections of ours. */
void teardown_drain(struct teardown *teardown);

/* Runs td->before_servers, again and again until it exits with 0. */
void teardown_before_servers(struct teardown *teardown);

/*
 * Does a thread of this server wait for FUSE, while it uses none but its own,
 * as the last look has found? All clients are dead: then it waits for itself.
 */
bool teardown_waits_for_itself(const struct server *server);

/* Servers, in waves, each unmounted or told to stop. */
void teardown_servers(struct teardown *teardown);

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

/* SIGCONT to each: one that was stopped would answer nobody. */
void teardown_continue_servers(struct view *view);

/*
 * Looks who helps the servers and who holds them, and stops (SIGSTOP) those PID 1s
 * of PID namespaces with servers that have others as children, too. Who was found
 * before stays.
 */
void teardown_find_helpers(struct teardown *teardown);

/*
 * Looks for what was mounted since the last look, and who serves it: a handler
 * of SIGTERM may mount what it saves to, and a loop starts its server again.
 * Costs a poll(2) if there was nothing. True if there is a new connection of
 * ours.
 */
bool teardown_look_again(struct teardown *teardown);

/*
 * Stops them (SIGSTOP) until they are told to end: one that holds a server's life
 * would start a client that is killed again and again.
 */
void teardown_hold_supervisors(struct teardown *teardown);

/* The PID 1s of nested namespaces, all of them: before the first server ends. */
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

/* SIGKILL to all that are left, until none is or abort_wait_ms is over. */
void teardown_kill(struct teardown *teardown);

/* Names the processes that do not end, and what they wait in. */
void teardown_verify(struct teardown *teardown);

/*
 * Ends the last act for a moment, and makes room for a child. False if there was
 * none. Its time stays what it was.
 */
bool teardown_stand_down(struct teardown *teardown);

/* Begins it again, if there is none; or not yet, if no child can be forked. */
void teardown_stand_by(struct teardown *teardown);

/*
 * Another child takes over, one that knows the connections that are known by
 * now. If it cannot be forked the old one stays.
 */
void teardown_relieve(struct teardown *teardown);

#endif
