/*
 * Processes pinned by descriptor. A pid is reused; a pidfd never is: what was
 * looked at is what gets the signal (pidfd_open(2), Linux 5.3).
 */
#ifndef FINI_PIDFD_H
#define FINI_PIDFD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* -1 and errno: ESRCH, ENOSYS (before 5.3, or a seccomp filter), EMFILE. */
int pidfd_open(pid_t pid);

/* The same for one thread; EINVAL before Linux 6.9, but for a first one. */
int pidfd_of_thread(pid_t tid);

/*
 * Sends `number`; `value` is passed on for a queued signal (sigqueue(3)) and
 * may be NULL. 0, or -1 and errno: ESRCH, EPERM, ENOSYS.
 */
int pidfd_signal(int pidfd, int number, siginfo_t *value);

/*
 * A duplicate of the process's descriptor `number`, close-on-exec. -1 and
 * errno: EPERM without ptrace rights over it, EBADF, ENOSYS (before 5.6, or a
 * seccomp filter), EMFILE.
 */
int pidfd_getfd(int pidfd, int number);

/*
 * True when the whole thread group is gone, zombie or reaped. This is the
 * only liveness that holds for another process's children, and for a zombie
 * leader whose other thread is stuck (pidfd_poll(), kernel/fork.c).
 */
bool pidfd_dead(int pidfd);

#endif
