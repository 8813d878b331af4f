/* The lives that init watches over: main's, which is ours, and servers'. */
#ifndef FINI_LIFE_H
#define FINI_LIFE_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/cli/options.h"
#include "src/base/child.h"
#include "src/base/set.h"

enum life_state {
	LIFE_STARTING, /* servers are started first; main is not there yet */
	LIFE_RUNNING,
	LIFE_HELD_BACK, /* a stop signal waits: main serves FUSE, and goes last */
	LIFE_ENDED	/* and was reaped */
};

struct life {
	enum life_state state;
	pid_t main;		  /* 0: not started */
	struct ending ending;	  /* LIFE_ENDED */
	int held_back;		  /* LIFE_HELD_BACK, and after it: the signal */
	long long stopping_until; /* main may end of a signal; or NEVER */
	int status; /* what we exit with whatever main's is; 0: as main's */
};

enum server_state {
	SERVER_WAITING,	 /* for those before it */
	SERVER_STARTING, /* its mount is not live yet */
	SERVER_LIVE,	 /* mounted, served, and FUSE_INIT is answered */
	SERVER_LOST,	 /* it died, and is not started again */
	SERVER_FAILED	 /* it could not be started, or never became live */
};

struct declared {
	enum server_state state;
	const char *command;
	pid_t pid;	      /* what was started; 0: not, or reaped */
	struct ending ending; /* once it was reaped */
	unsigned newness;     /* of the first that served for it; 0: none yet */
	int error;	      /* why nothing was executed; 0: something was */
	long long started_at;
	long long line_at; /* when to say that it is waited for */
	struct set serves; /* connections that came with it */
};

struct servers {
	int count;
	bool live;	   /* all of them have been, once: main may start */
	bool failed;	   /* one of them has, and it is said which and why */
	long long next_at; /* the next step, if nothing happens; or NEVER */
	struct declared declared[SERVERS_DECLARED];
};

/* When to look at FUSE, where no event tells; each may be NEVER. */
struct watch {
	long long search_at; /* for the server of a new mount */
	int search_ms;	     /* and how long after that */
	long long check_at;  /* for servers stuck in their own exit */
};

#endif
