/* Which findings the command line names: all, those of a container, a task's. */
#ifndef FINI_NAMED_H
#define FINI_NAMED_H

#include <stdbool.h>

struct doctor;
struct finding;

/* The one after `seen` others that are named; NULL: there is none. */
const struct finding *named(const struct doctor *doctor, int seen);

/*
 * Is it the name of several containers that are stuck? Engines do not know of
 * each other's names, nor does root's podman of another user's.
 */
bool named_many(const struct doctor *doctor);

/*
 * From now on the name means the container that it means now, and no other that
 * gets stuck under the same name. Once it is known to be one: named_many().
 */
void named_settle(struct doctor *doctor);

#endif
