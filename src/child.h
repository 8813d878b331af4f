/* A child of init's own, and the end of the time it has. */
#ifndef FINI_CHILD_H
#define FINI_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct population;

/*
 * Waits for the child, at most until `deadline_ms`, and reaps it: true, and
 * *info as waitid(2) has it (si_pid is 0 if somebody else reaped it). False if
 * it is late; then it has been sent SIGKILL, is init's own in `population` and
 * is left to the reaper.
 */
bool child_wait(pid_t pid, long long deadline_ms, struct population *population,
    siginfo_t *info);

#endif
