/* Children: with a deadline, and how they ended. */
#ifndef FINI_CHILD_H
#define FINI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* How a process ended, as waitid(2) says. */
struct ending {
	pid_t pid;
	bool signalled; /* killed by signal `code`; else exited with it */
	int code;
};

/*
 * fork(2), or with CLONE_FILES one that shares our descriptors. No thread is
 * there whose state would have to be kept, and SIGCHLD tells of its end.
 */
pid_t child_start(int flags);

#define CHILD_FAILED -1 /* it could not be started, or did not exit by itself */
#define CHILD_LATE -2	/* it was sent SIGKILL, and is left to the reaper */

/*
 * Runs `work` in a child, waits for it at most until `deadline_ms`, and reaps
 * it. Returns what `work` returned (0 to 255), CHILD_FAILED, or CHILD_LATE:
 * then *late is its pid, which may take long to end.
 */
int child_run(int (*work)(void *context), void *context, int flags,
    long long deadline_ms, pid_t *late);

/* The same for a child that was started already. */
int child_wait(pid_t pid, long long deadline_ms);

/* The same, but a child that is late is left alone. */
int child_ended(pid_t pid, long long deadline_ms);

/*
 * Reaps one dead child, ours or an orphan that the kernel gave us. 1 and how it
 * ended; 0 if none is dead; -1 and errno: ECHILD if there is no child, or why
 * neither waitid(2) nor wait4(2) can say.
 */
int child_reap(struct ending *ending);

/* The status a shell would show: `code`, or 128 + the signal's number. */
int ending_status(const struct ending *ending);

#endif
