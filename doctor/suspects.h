/* Whose fault is it: which connections, and who else has to do with them. */
#ifndef FINI_SUSPECTS_H
#define FINI_SUSPECTS_H

#include "doctor/findings.h"

/*
 * Fills in the finding's suspects, if one of its threads waits on FUSE: what it
 * is tied to; where that is nothing that could be aborted, what is left over.
 */
void suspects_find(struct findings *findings, int finding,
    const struct picture *picture);

/* How many of them are held like that; `sure`: of those that are. */
int suspects_with(const struct finding *finding, enum hold hold, bool sure);

/* Is the process exiting, or in a PID namespace that is dying? */
bool is_ending(const struct picture *picture, int process);

/* The outermost dying PID namespace that the process is in; NONE. */
int dying_around(const struct picture *picture, int process);

#endif
