/* Which clients are told to end first, and which later. */
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/text.h"
#include "src/fuse/eyes.h"
#include "src/proc/task.h"

#define GENERATIONS 64

bool
teardown_is_client(struct teardown *td, pid_t pid)
{
	return !registry_server(&td->view->registry, pid) &&
	    !helpers_have(&td->helpers, pid) &&
	    !supervisors_have(&td->supervisors, pid);
}

/* False if there is no room. */
static bool
add(struct numbers *pids, pid_t pid)
{
	return numbers_add(pids, (uint32_t)pid) ||
	    numbers_have(pids, (uint32_t)pid);
}

/*
 * Who holds its terminal: the first of its session, and the ancestors of that, as
 * tmux, sshd and script. When one of these ends the others get SIGHUP.
 */
static bool
add_holders(struct teardown *td, pid_t pid)
{
	struct view *v = td->view;
	unsigned long long started;
	pid_t holder = task_terminal(v->people.proc, pid);
	bool all = true;

	for (int i = 0; i < GENERATIONS && !people_top(&v->people, holder) &&
	     eyes_on(v, holder);
	     i++) {
		if (holder != pid)
			all &= add(&td->clients.holders, holder);
		if (task_origin(v->people.proc, holder, &holder, &started) < 0)
			break;
	}
	return all;
}

/*
 * False for a reader, as tee in `app | tee log`: it ends by itself when those who
 * write have. True if its input cannot be looked at.
 */
static bool
is_first(struct teardown *td, pid_t pid, bool *all)
{
	char link[24]; /* "/dev/pts/4711", "pipe:[4294967295]" */

	if (!eyes_on(td->view, pid) ||
	    proc_link(td->view->people.proc, link, sizeof(link), "%d/fd/0",
		pid) < 0)
		return true;
	if (text_after(link, "/dev/pts/"))
		*all &= add_holders(td, pid);
	return !text_after(link, "pipe:[");
}

void
teardown_note_first(struct teardown *td)
{
	struct clients *c = &td->clients;
	struct view *v = td->view;
	struct people_walk w;
	bool all = true;

	c->first = (struct numbers){ .count = 0 };
	if (c->holders.count > 0)
		c->holders = (struct numbers){ .count = 0 };
	c->told_apart = false;
	if (!eyes_open(v))
		return;
	for (people_open(&w, &v->people); people_next(&w);)
		if (teardown_is_client(td, w.pid) && is_first(td, w.pid, &all))
			all &= add(&c->first, w.pid);
	c->told_apart = all; /* and it has come to its end */
	eyes_close();
}

bool
teardown_is_first(const struct teardown *td, pid_t pid)
{
	const struct clients *c = &td->clients;

	return !c->told_apart ||
	    (numbers_have(&c->first, (uint32_t)pid) &&
		!numbers_have(&c->holders, (uint32_t)pid));
}
