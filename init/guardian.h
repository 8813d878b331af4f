/*
 * The guardian: a child of init's that acts when init is SIGKILLed. It traces
 * init (PTRACE_SEIZE, PTRACE_O_TRACEEXIT), so that init stops in
 * PTRACE_EVENT_EXIT: killed, but with its files open and all other processes
 * alive (ptrace_event() in do_exit(), before exit_signals() and long before
 * zap_pid_ns_processes()). In that window the guardian runs what init could
 * not, then lets it go. If the guardian dies, the kernel lets init go.
 *
 * What it needs of init's state must lie in memory that both share; open files
 * they share by CLONE_FILES.
 */
#ifndef FINI_GUARDIAN_H
#define FINI_GUARDIAN_H

#include <stdbool.h>

#include "init/guard.h"

struct ending;
struct view;

/*
 * Starts it, if there is none and none was refused, or later, where that has
 * just failed. Does not wait. Where init may not be traced at the moment (Yama,
 * a tracer that was there before) it tries again until it may; where ptrace(2)
 * is refused for good (seccomp), that comes as its exit.
 */
void guardian_start(struct guardian *guardian, struct view *view);

/*
 * To be told of every child that was reaped. True if it was the guardian; then
 * the next one has been started, or will be at `retry_at`, or a line says why
 * there is none.
 */
bool guardian_ended(struct guardian *guardian, struct view *view,
    const struct ending *ending);

/* At every SIGCHLD: continues it if it was stopped. At `retry_at`. */
void guardian_attend(struct guardian *guardian, struct view *view);

/*
 * Now and then: one that is traced does what its tracer wants, and no event
 * tells. It is killed, and the next one started. Its status is safe to read:
 * it never executes another program, and what it has mapped are copies of ours,
 * which do not lie on FUSE (init/own_pages.h).
 */
void guardian_check(struct guardian *guardian, struct view *view);

/* Before init exits by itself: kills it, so that nothing stops our exit. */
void guardian_dismiss(struct guardian *guardian, struct view *view);

#endif
