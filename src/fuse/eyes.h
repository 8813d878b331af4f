/*
 * Eyes in a child. Much of what /proc tells of a process waits with it: execve
 * holds its exec_update_lock while it flushes files on FUSE and writes dirty
 * mappings back, and a reader of its links, wchan or stack waits for the
 * same server (docs/kernel.md). So PID 1 and its guardian do not look
 * themselves. A child that shares the view and the descriptors does, and may
 * take another user's ids for it. Who cannot be looked at in time is passed
 * over, and the next child goes on behind him.
 */
#ifndef FINI_EYES_H
#define FINI_EYES_H

#include <stdbool.h>
#include <sys/types.h>

struct view;

/*
 *	if (eyes_open(view)) {
 *		... look, and leave in the view what is found ...
 *		eyes_close();
 *	}
 *
 * True in the child that is to look, and in the next one for as long as a
 * process holds it up; false in the caller, when the look is over, or none can
 * be forked (eyes.refused), or it is too late (eyes.until). What a child finds it
 * must leave in memory that is shared.
 */
bool eyes_open(struct view *view);

/* The same, but with a table of its own: what it opens is closed by its end. */
bool eyes_open_apart(struct view *view);

_Noreturn void eyes_close(void);

/*
 * In the child: from here on it looks at `pid`. False: it cannot be looked at.
 */
bool eyes_on(struct view *view, pid_t pid);

#endif
