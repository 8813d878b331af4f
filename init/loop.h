/* The loop that init lives in while servers start and main runs. */
#ifndef FINI_LOOP_H
#define FINI_LOOP_H

struct init;

/*
 * Forwards signals, reaps, and watches FUSE, until main has ended or a stop
 * signal was held back for a main that is itself a server.
 */
void loop_until_main_ends(struct init *init);

/* Until all servers are live. 0, or -1 if one has failed. */
int loop_until_servers_live(struct init *init);

/* The guardian, where there is to be one from the start. */
void loop_guard(struct init *init);

#endif
