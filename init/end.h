/* The end of a container's life: teardown, by init or by its guardian. */
#ifndef FINI_END_H
#define FINI_END_H

#include <stdbool.h>

struct init;

/* What can be known of teardown and guardian before they are needed. */
void end_plan(struct init *init);

/*
 * Tears down, if there is anything to. False if there is nothing to finish
 * after all: a stop signal was held back for a server that, at a second look,
 * serves nothing any more; it has been sent on.
 */
bool end_container(struct init *init);

/* What init exits with: main's status, or why there was no main. */
int end_status(const struct init *init);

#endif
