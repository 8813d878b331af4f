/* What do the threads of a process wait in? */
#ifndef FINI_STUCK_H
#define FINI_STUCK_H

#include <stdbool.h>
#include <sys/types.h>

struct view;

struct waiting {
	bool for_fuse;	    /* for a FUSE server to answer */
	bool for_requests;  /* in read(2) of /dev/fuse: it serves */
	unsigned leader;    /* a number for what its first thread waits in; 0 */
	bool leader_takes;  /* it is in sigwait(3): that hides what it blocks */
	bool leader_locked; /* that is futex(2): it waits for another thread */
};

/*
 * For a server to answer is in request_wait_answer() (fs/fuse/dev.c), or for a
 * page that a server must fill or take. Read from wchan; where no thread has
 * one, from stack. Both are false also where the kernel tells neither. Can wait:
 * only in a look (eyes_open()).
 */
struct waiting stuck_in(const struct view *view, pid_t pid);

#endif
