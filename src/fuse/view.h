/*
 * What a process of ours sees and may touch: PID 1, its guardian, a child of
 * either. In memory that they share.
 */
#ifndef FINI_VIEW_H
#define FINI_VIEW_H

#include "src/base/log.h"
#include "src/fuse/answer.h"
#include "src/fuse/connection.h"
#include "src/fuse/fusectl.h"
#include "src/proc/people.h"

#define EYES_BLIND 64 /* more cannot be looked at: then the look is over */

/* How looks go (src/fuse/eyes.h). */
struct eyes {
	int stall_ms; /* without any progress: the child waits for a process */
	int most_ms;  /* for a whole look */
	long long until; /* then none is begun, and none goes on; or NEVER */
	bool refused;	 /* no child could be forked for the last one */
	pid_t at;	 /* the process that the child is looking at */
	pid_t blind[EYES_BLIND];
	int blinds;
	bool shown; /* what the child has found (src/fuse/pin.h) */
};

struct report;

struct view {
	struct people people;
	struct registry registry;
	struct fusectl fusectl;
	struct answers answers;
	struct eyes eyes;
	struct log log;
	unsigned unknown;      /* connections looked for: look_has_news() */
	struct report *report; /* what is told of it, besides the log */
	int mountinfo;	       /* our own, open; -1: mounts are not seen */
};

#endif
