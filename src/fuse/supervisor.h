/*
 * Supervisors: a server's or helper's life depends on them. They are its
 * ancestors (s6-supervise, runsv, a shell), which stop it when they are told to
 * stop, and start it again when it stops; and the PID 1 of a PID namespace that
 * it lives in, whose end is the end of all in there.
 */
#ifndef FINI_SUPERVISOR_H
#define FINI_SUPERVISOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/set.h"

#define SUPERVISORS 1024

struct helpers;
struct view;

struct supervisor {
	pid_t pid;
	struct set below; /* servers, by their place in the registry */
	bool helper;	  /* or a helper */
	bool init;	  /* of a PID namespace below ours */
	bool above;	  /* one of these is below it */
	struct set uses;  /* connections of ours, of any kind of use */
	bool told;	  /* to stop */
};

struct supervisors {
	struct supervisor one[SUPERVISORS];
	int count;
};

/* Adds them all. Can wait: only in a look (eyes_open()). */
void supervisors_find(struct supervisors *supervisors,
    const struct helpers *helpers, struct view *view);

/* Looks anew what they use; likewise. */
void supervisors_look(struct supervisors *supervisors, struct view *view);

/* NULL if it is none. */
struct supervisor *supervisors_have(struct supervisors *supervisors, pid_t pid);

#endif
