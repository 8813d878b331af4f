/* Collects the dead: main, servers, the guardian, and every orphan. */
#ifndef FINI_REAP_H
#define FINI_REAP_H

#include <stdbool.h>

struct init;
struct signals;

/*
 * Reaps dead processes, and notes how each ended. True if there were any. In
 * every round, whatever has woken us: SIGCHLD can be behind a flood of other
 * signals.
 */
bool reap(struct init *init);

/*
 * What a teardown does with signals: reaps, forwards nothing. True if one was a
 * stop signal (signal_ends()).
 */
bool reap_attend(void *init, const struct signals *got);

#endif
