/* For how long a thread has waited, by the clock of its processor. */
#ifndef FINI_WAITS_H
#define FINI_WAITS_H

#include <sys/types.h>

/*
 * Milliseconds since it ran last, on `cpu`; -1 if that is not told. Goes to that
 * processor for a moment: only in a child, which may not come back from there.
 */
long long waits_since(int proc, pid_t pid, pid_t tid, int cpu);

#endif
