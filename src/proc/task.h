/*
 * How far a process is in its exit, and what it waits in. No event tells: a
 * pidfd, PIDFD_THREAD on the leader too, stays silent until the whole group is
 * gone (docs/kernel.md).
 */
#ifndef FINI_TASK_H
#define FINI_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * True if no thread of `pid` has its memory any more: each is past
 * exit_mm() in do_exit() (kernel/exit.c), cannot run user code again and so
 * serves nothing. Read from the exe links, ENOENT once the memory is gone.
 * A pid that does not exist, or may not be looked at, gives false. Can wait
 * (exec_update_lock): only in a child.
 */
bool task_has_exited(int proc, pid_t pid);

/*
 * True if no process has `pid`, or all that is left of it are zombies: each
 * thread is past exit_task_namespaces() in do_exit(), which comes after its
 * files, and has no children: else it is the init of a PID namespace and waits
 * in zap_pid_ns_processes(). For callers without a pidfd. Never waits:
 * mountinfo is refused with EINVAL then (mounts_open_common(),
 * fs/proc_namespace.c).
 */
bool task_is_gone(int proc, pid_t pid);

/*
 * The kernel function that task `tid` of `pid` waits in, "" where the kernel
 * does not tell (needs ptrace rights). 0, or -1 if there is no such task. Can
 * wait: only in a child.
 */
int task_wchan(int proc, pid_t pid, pid_t tid, char *name, size_t size);

/*
 * The same from stack, for x86-64 before Linux 5.16, which has no wchan
 * (get_wchan(), arch/x86/kernel/process.c). Needs CAP_SYS_ADMIN, and can
 * wait too.
 */
int task_stack_top(int proc, pid_t pid, pid_t tid, char *name, size_t size);

/* What the first of its threads that waits in something waits in; "" if none */
void task_waits_in(int proc, pid_t pid, char *name, size_t size);

/*
 * Its parent, and when it was started: hundredths of a second since boot
 * (CLOCK_BOOTTIME). From stat, which can wait: only in a child. 0, or -1.
 */
int task_origin(int proc, pid_t pid, pid_t *parent,
    unsigned long long *started);

/*
 * The session that has its controlling terminal: the pid that its leader has, or
 * had; 0 without a terminal. The leader's end is SIGHUP to who is in the foreground
 * there (disassociate_ctty(), drivers/tty/tty_jobctrl.c). Likewise.
 */
pid_t task_terminal(int proc, pid_t pid);

/*
 * Does its first thread run, or would it if it were given a processor? From stat
 * as well.
 */
bool task_is_runnable(int proc, pid_t pid);

/*
 * From status, which can wait too. Does it have a use for the signal: a handler
 * (SigCgt), or its first thread blocks it, for sigwait(3) or signalfd(2)
 * (SigBlk)? Is it the PID 1 of a PID namespace below ours (NSpid)?
 */
bool task_takes(int proc, pid_t pid, int signal);
bool task_is_init(int proc, pid_t pid);

/* By status as well: TracerPid. */
bool task_is_traced(int proc, pid_t pid);

/*
 * Nanoseconds that the threads of `pid` have run, from their schedstat
 * (proc_pid_schedstat(), fs/proc/base.c, takes no memory); 0 where the kernel
 * does not tell (CONFIG_SCHED_INFO).
 */
unsigned long long task_run_time(int proc, pid_t pid);

#endif
