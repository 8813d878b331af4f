/*
 * The program that runs in a virtual machine, as its PID 1: it starts the
 * containers of a plan, one scene each, ends them, and says on the console
 * how they ended. Lines for the host begin with "@ ".
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MAX_CONNECTIONS 8 /* of one container */

/* A line of the plan: an init, a scene, and the way it ends, so many times. */
struct cell {
	int number;
	char init[32]; /* its name in /bin */
	bool sigkill;  /* SIGKILL of PID 1; else main exits */
	bool together; /* all runs at once */
	int runs;
	int bound_ms; /* what has not ended by then hangs */
	char scene[64];
	char needs
	    [64];   /* a file that the kernel has, or the scene is left out */
	bool execs; /* somebody is to wait inside execve(2) */
};

struct container {
	const struct cell *cell;
	int run, try;
	char scratch[64];
	int ready, go; /* fifos of the scene */
	pid_t launcher;
	int events; /* what it reports */
	pid_t pid;  /* PID 1, as we see it */
	unsigned long pidns;
	int fusectl; /* its root directory */
	int connections[MAX_CONNECTIONS];
	size_t nconnections;
};

/* One line to the host, in one piece. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds of CLOCK_MONOTONIC. */
double now_ms(void);

/* One run of a cell, from the start to a line that tells its end. */
void run(const struct cell *cell, int number);

/* Gives up a container: its output, and what cannot be, with errno. */
_Noreturn void fail(const struct container *container, const char *what);

/* Says what init and main of a container wrote. */
void say_stderr(const struct container *container);

/* What a scene needs: two drives to serve, and two fifos. */
void make_scratch(struct container *container);

/* Serves a drive outside of all containers. */
bool foreign_start(void);

/* Gives up a container, which is gone, if it has done harm to that. */
void foreign_check(const struct container *container);

/*
 * Says, in lines that begin with `word`, where every thread of the container
 * is that waits for FUSE, and PID 1.
 */
void say_stuck(const struct container *container, const char *word);

/*
 * Is anybody of the container inside execve(2)? By its stack, or because that
 * cannot be read: whoever does so waits for execve to let go of a lock.
 */
bool has_one_in_execve(const struct container *container);

/* Pins what is mounted in the container now: these may be aborted. */
void find_connections(struct container *container);

/* Aborts them and nothing else. Returns how many were still there. */
int abort_connections(const struct container *container);

/* How many of them are still there. */
int count_connections(const struct container *container);

#endif
