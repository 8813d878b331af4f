/* Signals that init gets, to main or to its process group. */
#ifndef FINI_FORWARD_H
#define FINI_FORWARD_H

#include <stdbool.h>

struct init;
struct life;
struct options;
struct signalfd_siginfo;

/*
 * Forwards it, or what --rewrite names in its place, with its value if it was
 * queued. SIGTERM, and what --stop-signal names, are held back from a main that
 * serves FUSE: they come last. SIGINT and SIGQUIT are not: ^C, and a request
 * for a JVM's threads, are meant for main. SIGCHLD is not forwarded, nor the
 * SIGPIPE of our own write to a closed stderr. Main is our child and not reaped
 * yet: its pid, and the number of its group, belong to no other process.
 */
void forward_to_main(struct init *init, const struct signalfd_siginfo *signal);

/*
 * Is the container to end? By SIGTERM, --stop-signal's, SIGINT or SIGQUIT, or
 * what main gets one of them for; not by what is dropped.
 */
bool signal_ends(const struct options *options, int number);

/* As kill(2), also where main has another user's ids (people_signal()). */
int signal_main(struct init *init, int number);

/* What tells main to end, as main wants it. */
int main_stop_signal(const struct options *options);

/*
 * Was main told to end, so recently that it may still be ending? Then whatever
 * dies may die because of that.
 */
bool main_is_stopping(const struct life *life);

#endif
