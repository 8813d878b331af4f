/* For the guardian: to be there when those that it guards are not any more. */
#ifndef FINI_ENDURE_H
#define FINI_ENDURE_H

/*
 * Blocks every signal but SIGCONT and SIGALRM, and makes this process outlast
 * a SIGSTOP, by continuing itself a second later, and an out of memory that
 * ends everybody else in its cgroup, where CAP_SYS_RESOURCE lets it. `proc` is
 * the open /proc: on its path something else may be mounted by now.
 */
void endure(int proc);

#endif
