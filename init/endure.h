/* For the guardian: to be there when those that it guards are not any more. */
#ifndef FINI_ENDURE_H
#define FINI_ENDURE_H

#include <stdbool.h>

/*
 * Timers of its own, which run on while it is stopped. Two continue
 * it, by SIGCONT. One ends it, by SIGKILL: its death releases init, and no
 * process can prevent that.
 */
struct endurance {
	int wakes[2], ends; /* timer_create(2)'s, -1: refused */
	bool ending;	    /* the last is running */
};

/*
 * Blocks every signal but SIGCONT and SIGALRM, takes the name `fini: guardian`,
 * and makes this process survive an out of memory that kills all others in
 * its cgroup, where CAP_SYS_RESOURCE lets it. Only who has CAP_SYS_PTRACE may
 * trace it then (PR_SET_DUMPABLE; __ptrace_may_access(), kernel/ptrace.c).
 * `proc` is the open /proc: on its path something else may be mounted by now.
 * From now on it is woken every `wake_ms`: a call that waits returns with EINTR.
 */
void endure(struct endurance *e, int proc, int wake_ms);

/*
 * SIGKILL to itself in `most_ms`, if that is not called again before; 0: never.
 * From now on it is woken every `wake_ms`.
 */
void endure_most(struct endurance *e, int most_ms, int wake_ms);

/* From now on calls that wait go on when it is woken (SA_RESTART). */
void endure_quietly(void);

#endif
