/*
 * Is a process stuck in the kernel? No event tells: a pidfd, PIDFD_THREAD on
 * the leader too, stays silent until the whole group is gone (docs/kernel.md).
 */
#ifndef FINI_STUCK_H
#define FINI_STUCK_H

#include <stdbool.h>
#include <sys/types.h>

struct population;

/*
 * True if no thread of `pid` has its memory any more: each is past
 * exit_mm() in do_exit() (kernel/exit.c), cannot run user code again and so
 * serves nothing. Read from the exe links, ENOENT once the memory is gone.
 * A pid that does not exist, or may not be looked at, gives false.
 */
bool stuck_has_exited(int proc, pid_t pid);

/*
 * True if `pid` is nobody's, or all that is left of it are zombies: each
 * thread is past exit_task_namespaces() in do_exit(), which comes after its
 * files, and waits in nothing. For who has no pidfd to ask. Read from the
 * ns/mnt links, ENOENT then. False where it may not be looked at.
 */
bool stuck_is_gone(int proc, pid_t pid);

/*
 * True if a thread of `pid` waits for a FUSE server to answer: it is in
 * request_wait_answer() (fs/fuse/dev.c) or waits for a page that a server must
 * fill or take. Read from wchan; where no thread has one, as on x86-64 before
 * Linux 5.16 (get_wchan(), arch/x86/kernel/process.c), from stack, which needs
 * CAP_SYS_ADMIN, by a child. False also where the kernel tells neither.
 */
bool stuck_waits_for_fuse(struct population *population, pid_t pid);

/*
 * Nanoseconds that the threads of `pid` have run, from their schedstat
 * (proc_pid_schedstat(), fs/proc/base.c, takes no memory); 0 where the kernel
 * does not tell (CONFIG_SCHED_INFO).
 */
unsigned long long stuck_run_time(int proc, pid_t pid);

#endif
