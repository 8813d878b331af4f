/* What a thread waits in, for how long, and whether it is on its way out. */
#ifndef FINI_DOCTOR_THREADS_H
#define FINI_DOCTOR_THREADS_H

#include <stdbool.h>
#include <sys/types.h>

struct picture;

/*
 * Notes thread `tid` of a process in the picture, if it waits in something that
 * may be for ever. Can wait itself: only in eyes_look().
 */
void threads_look(struct picture *picture, int proc, int process, pid_t tid);

/*
 * Of a process with such a thread: its parent, and its number in its own
 * namespace. Its first thread may be a zombie, or in something everyday.
 */
void threads_look_at_leader(struct picture *picture, int proc, int process);

/*
 * The state and the parent of a process, as its first thread has them: 'Z', 'T'.
 * False: it is gone. Can wait.
 */
bool threads_leader(int proc, pid_t pid, char *state, pid_t *parent);

/* Is SIGKILL pending for its first thread? Does not wait for an exec lock. */
bool threads_killed(int proc, pid_t pid);

/*
 * How often it has run, by schedstat, which cannot wait: if that is the same
 * later, it has waited since. 0 where the kernel does not tell.
 */
unsigned long long threads_runs(int proc, pid_t pid, pid_t tid);

#endif
