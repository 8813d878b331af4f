/*
 * What a picture means: which namespaces do not end and which tasks wait, on
 * which connections, whose fault that is, and what may be done about it.
 */
#ifndef FINI_FINDINGS_H
#define FINI_FINDINGS_H

#include <stdbool.h>

#include "doctor/picture.h"

#define SUSPECTS 64 /* connections of one finding */
#define FINDINGS 1024

/* May a connection be aborted? */
enum hold {
	HOLD_NONE,   /* only who is ending has to do with it */
	HOLD_SHARED, /* mounted where somebody lives who is not ending */
	HOLD_SERVED  /* its /dev/fuse is held by somebody who is not ending */
};

struct suspect {
	unsigned connection, waiting;
	bool sure;	/* tied to the finding by more than elimination */
	enum hold hold; /* HOLD_SERVED counts more than HOLD_SHARED */
	int server;	/* process that holds /dev/fuse; NONE */
	int mounter;	/* process that lives and sees it mounted; NONE */
	int mounted;	/* the mount that is shown; NONE */
};

enum advice {
	ADVICE_RELEASE,	 /* abort the suspects that nothing holds */
	ADVICE_ASK,	 /* several may be it, and none is sure */
	ADVICE_SHARED,	 /* only with --shared */
	ADVICE_SERVER,	 /* its server lives: see to that */
	ADVICE_ELSEWHERE /* not FUSE, or nothing was found */
};

struct finding {
	int namespace; /* it does not end; NONE: these are tasks elsewhere */
	int first;     /* its init, or the thread that waits longest: */
	int thread;    /* of picture->tasks.thread */
	enum cause cause;
	long long waits_ms; /* of the longest; -1: the kernel does not tell */
	int threads;	    /* how many wait */
	int suspects;
	enum advice advice;
	struct suspect suspect[SUSPECTS];
};

struct findings {
	int count;
	struct finding finding[FINDINGS];
	int of_thread[THREADS]; /* the finding a thread belongs to; NONE */
};

#endif
