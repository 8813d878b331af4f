/* Collects the dead: our children, and every orphan the kernel gives us. */
#ifndef FINI_REAP_H
#define FINI_REAP_H

#include <stdbool.h>
#include <sys/types.h>

/* How a process ended, as waitid(2) says. */
struct ending {
	pid_t pid;
	bool signalled; /* killed by signal `code`; else exited with it */
	int code;
};

/*
 * Reaps one dead child. 1 and how it ended; 0 if none is dead; -1 if there is
 * no child at all.
 */
int reap_one(struct ending *ending);

/* The status a shell would show: `code`, or 128 + the signal's number. */
int ending_status(const struct ending *ending);

#endif
