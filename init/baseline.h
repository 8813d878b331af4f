/*
 * What init finds before main is started: its mounts, which are foreign, its
 * descriptors, and a way to look at processes.
 */
#ifndef FINI_BASELINE_H
#define FINI_BASELINE_H

struct init;

/*
 * Whatever is mounted now is not main's doing. The open mountinfo tells of
 * every mount from here on, whenever we come to ask.
 */
void baseline_take(struct init *init);

/*
 * Main has its own copies of everything by now: init closes early what it
 * inherited itself.
 */
void baseline_close(struct init *init);

#endif
