#include "init/stdio.h"

#include <errno.h>
#include <linux/stat.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/limits.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/proc/mountinfo.h"
#include "src/proc/people.h"

#define FUSE_MAJOR 10 /* /dev/fuse: Documentation/admin-guide/devices.txt */
#define FUSE_MINOR 229

void
stdio_look(struct stdio *stdio)
{
	for (int fd = 0; fd < STDIO; fd++) {
		struct statx s;

		stdio->fd[fd].file = stdio->fd[fd].fuse = false;
		stdio->fd[fd].placed = stdio->fd[fd].closed = false;
		stdio->fd[fd].device = false;
		if (fd_look(fd, &s) < 0) {
			stdio->fd[fd].closed = errno == EBADF;
			continue; /* no statx(2): leave it as it is */
		}
		stdio->fd[fd].file = S_ISREG(s.stx_mode) || S_ISDIR(s.stx_mode);
		stdio->fd[fd].device = S_ISCHR(s.stx_mode);
		stdio->fd[fd].fuse = S_ISCHR(s.stx_mode) &&
		    s.stx_rdev_major == FUSE_MAJOR &&
		    s.stx_rdev_minor == FUSE_MINOR;
		stdio->fd[fd].major = s.stx_dev_major;
		stdio->fd[fd].minor = s.stx_dev_minor;
	}
}

void
stdio_place(struct stdio *stdio, const struct mount *m)
{
	for (int fd = 0; fd < STDIO; fd++)
		if (stdio->fd[fd].file && stdio->fd[fd].major == m->major &&
		    stdio->fd[fd].minor == m->minor) {
			stdio->fd[fd].placed = true;
			stdio->fd[fd].fuse |= mount_is_fuse(m);
		}
}

/* The smallest of `keep` that is at least `from`; -1 if there is none. */
static int
next_kept(const int *keep, int count, int from)
{
	int next = -1;

	for (int i = 0; i < count; i++)
		if (keep[i] >= from && (next < 0 || keep[i] < next))
			next = keep[i];
	return next;
}

static bool
is_on_fuse(const struct stdio *stdio, int fd)
{
	return stdio->fd[fd].fuse ||
	    (stdio->fd[fd].file && !stdio->fd[fd].placed);
}

bool
stdio_is_on_fuse(const struct stdio *stdio)
{
	for (int fd = 0; fd < STDIO; fd++)
		if (is_on_fuse(stdio, fd))
			return true;
	return false;
}

struct closing {
	const struct stdio *stdio;
	const int *keep;
	int count;
};

static int
close_all(void *context)
{
	const struct closing *c = context;
	int from = STDIO, kept;

	for (int fd = 0; fd < STDIO; fd++)
		if (c->stdio->fd[fd].closed || is_on_fuse(c->stdio, fd))
			fd_replace_by_null(fd);
	while ((kept = next_kept(c->keep, c->count, from)) >= 0) {
		if (kept > from)
			fd_close_between((unsigned)from, (unsigned)kept - 1);
		from = kept + 1;
	}
	fd_close_between((unsigned)from, ~0U);
	return 0;
}

/*
 * A descriptor is gone from the table before its file is flushed: who comes
 * after one who is stuck goes on behind it.
 */
static void
close_in_children(struct closing *c, struct people *people)
{
	for (int i = 0; i < CLOSERS; i++)
		if (people_child(people, close_all, c, CLONE_FILES,
			now_ms() + CLOSE_MS) != CHILD_LATE)
			break;
}

void
stdio_close_rest(const struct stdio *stdio, const int *keep, int count,
    bool may_wait, struct people *people)
{
	struct closing c = { stdio, keep, count };

	if (may_wait)
		close_in_children(&c, people);
	else
		(void)close_all(&c);
	(void)!chdir("/");
}
