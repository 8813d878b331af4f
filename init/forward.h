/* Signals that init gets, to main or to its process group. */
#ifndef FINI_FORWARD_H
#define FINI_FORWARD_H

#include <stdbool.h>

struct signalfd_siginfo;
struct supervision;

/* SIGTERM, SIGINT, SIGQUIT: main is to end. */
bool forward_is_stop(int number);

/* Not SIGCHLD, nor the SIGPIPE of our own write to a closed stderr. */
bool forward_is_wanted(const struct signalfd_siginfo *signal);

/*
 * Sends it on, with its value if it was queued; a stop signal for a main that
 * serves FUSE is held back. Main is our child and not reaped yet: its pid, and
 * the number of its group, are nobody else's.
 */
void forward_to_main(struct supervision *supervision,
    const struct signalfd_siginfo *signal);

#endif
