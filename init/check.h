/* fini --check: what would be covered here, and which flag covers the rest. */
#ifndef FINI_CHECK_H
#define FINI_CHECK_H

#include <stdbool.h>

/*
 * Tries, with the rights of this process, each thing that a teardown needs,
 * and writes the results to stdout: lines of text, or one JSON object.
 * Changes nothing. Returns the exit status: 0, or 2 if something is missing
 * that is needed wherever FUSE is served.
 */
int check(bool json);

#endif
