/*
 * The start of one --server, until it is live: mounted, served, and FUSE_INIT
 * is answered.
 */
#ifndef FINI_SERVER_START_H
#define FINI_SERVER_START_H

#include <stdbool.h>

#include "init/life.h"

struct init;
struct view;

/* Starts it: SERVER_STARTING, or SERVER_FAILED, and it is said why. */
enum server_state server_start(struct declared *declared, struct init *init);

/*
 * Looks at one that is starting: is it live now, or has it failed? Says which,
 * and from time to time that it is waited for. With --isolate a live one's
 * mount is hidden from it.
 */
enum server_state server_await(struct declared *declared, struct init *init);

/* The next moment to look at one that is starting, if nothing happens. */
long long server_next_look(const struct declared *declared, struct init *init);

/* Is it still served? Looks again before it says no. */
bool server_is_served(const struct declared *declared, struct view *view);

#endif
