/* What the guardian does by ptrace(2), to whomever it traces. */
#ifndef FINI_TRACEE_H
#define FINI_TRACEE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ptrace(2), for requests that take no address. 0, or -1 and errno. */
int tracee_ask(int request, pid_t tracee, uintptr_t data);

/*
 * Traces it, so that it stops in its exit (PTRACE_EVENT_EXIT). 0, or -1 and
 * errno.
 */
int tracee_seize(pid_t tracee);

/*
 * Waits until `who` stops or ends; 0: any child or tracee. info->si_pid is 0 if
 * a signal has come instead. False if there is no process to wait for.
 */
bool tracee_next_stop(pid_t who, siginfo_t *info);

/*
 * PTRACE_CONT with signal `number`, 0: without one, unless it has come to
 * another stop meanwhile: that is the next one then.
 */
void tracee_resume(pid_t tracee, int number);

/* Would this signal, which stops it now, be ignored if it was not traced? */
bool tracee_ignores(pid_t tracee, int number);

#endif
