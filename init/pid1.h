/*
 * PID 1, where that is not fini: tini by `docker run --init`, the shell of
 * an ENTRYPOINT in shell form, the emissary of a workflow engine. SIGKILL goes
 * to PID 1, and what it takes along is torn down only if our guardian
 * can hold its exit as it holds ours (init/guard.h).
 */
#ifndef FINI_PID1_H
#define FINI_PID1_H

#include <stdbool.h>

struct view;

struct pid1 {
	bool looked;
	bool foreign; /* pid1_is_foreign() */
	bool reads;   /* its signals, instead of taking them: an init */
	bool held;    /* by the guardian, which traces it */
	bool asked;   /* whether it is traced */
	bool told;
};

/*
 * True if another process is PID 1 and can be killed: the machine's own cannot
 * (SIGNAL_UNKILLABLE, sig_task_ignored(), kernel/signal.c).
 */
bool pid1_is_foreign(int proc);

/* Once, before there is a guardian: fills `foreign` and `reads`. */
void pid1_look(struct pid1 *pid1, struct view *view);

/* Says once that SIGKILL of it is not covered, unless it is traced. */
void pid1_tell(struct pid1 *pid1, struct view *view);

#endif
