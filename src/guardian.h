/*
 * The guardian: a child of init's that acts when init is SIGKILLed. It traces
 * init (PTRACE_SEIZE, PTRACE_O_TRACEEXIT), so that init stops in
 * PTRACE_EVENT_EXIT: killed, but with its files open and everybody else alive
 * (ptrace_event() in do_exit(), before exit_signals() and long before
 * zap_pid_ns_processes()). In that window the guardian runs what init could
 * not, then lets it go. If the guardian dies, the kernel lets init go.
 *
 * What it needs of init's state must lie in memory that both share; open files
 * they share by CLONE_FILES.
 */
#ifndef FINI_GUARDIAN_H
#define FINI_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

struct ending;
struct log;

struct guardian {
	pid_t pid;	/* 0: there is none */
	bool refused;	/* it may not trace us: there will be none */
	bool dismissed; /* init exits by itself: nothing to do */
	int budget_ms;	/* for what it does in the window */
	int proc;	/* the open /proc */
	void (*act)(void *context); /* in the window, in the guardian */
	void *context;
};

/*
 * Starts it, if there is none and none was refused. Does not wait: a refusal
 * (Yama, seccomp, a tracer that was there before) comes as its exit.
 */
void guardian_start(struct guardian *guardian, struct log *log);

/*
 * To be told of every child that was reaped. True if it was the guardian; then
 * the next one has been started, or a line says why there is none.
 */
bool guardian_ended(struct guardian *guardian, const struct ending *ending,
    struct log *log);

/* At every SIGCHLD: continues it if somebody stopped it. */
void guardian_continue(struct guardian *guardian, struct log *log);

/* Before init exits by itself: kills it, so that nothing stops our exit. */
void guardian_dismiss(struct guardian *guardian);

#endif
