#include "src/fuse/abort.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>

#include "src/base/clock.h"
#include "src/fuse/answer.h"
#include "src/fuse/eyes.h"
#include "src/fuse/unmount.h"
#include "src/fuse/view.h"

#define TICK_MS 10

bool
abort_pinned(struct view *v, int connection)
{
	struct connection *c = &v->registry.connection[connection];

	if (!fusectl_abort(&c->pin))
		return false;
	c->aborted = true;
	c->result.abort =
	    c->pin.door == FUSECTL_VISIBLE ? ABORT_FUSECTL : ABORT_PRIVATE;
	return true;
}

/*
 * UNMOUNT_BUSY: fuse_umount_begin() has aborted before EBUSY was found. What is
 * left of the mount is detached.
 */
void
abort_forced(struct view *v, struct set *connections, int deadline_ms)
{
	struct registry *r = &v->registry;
	struct set busy = { 0 };

	unmount_many(v, connections, MNT_FORCE, deadline_ms);
	set_each(i, connections) {
		int result = r->connection[i].result.unmount;

		if (result != UNMOUNT_DONE && result != UNMOUNT_BUSY)
			continue;
		r->connection[i].result.abort = ABORT_UNMOUNT;
		r->connection[i].aborted = true; /* its number is free */
		set_remove(connections, i);
		if (result == UNMOUNT_BUSY)
			set_add(&busy, i);
	}
	unmount_many(v, &busy, MNT_DETACH, deadline_ms);
}

/* In a mount namespace that a server showed us. */
static bool
force_elsewhere(struct view *v, int connection, int deadline_ms)
{
	const struct registry *r = &v->registry;
	unsigned id = r->connection[connection].id;

	for (int i = 0; i < r->mounts; i++) {
		const struct fuse_mount *m = &r->mount[i];
		enum unmount_result result;

		if (m->connection != connection || m->seen_by == 0)
			continue;
		result = unmount_connection(v, id, MNT_FORCE, m->seen_by,
		    deadline_ms);
		if (result == UNMOUNT_BUSY)
			(void)unmount_connection(v, id, MNT_DETACH, m->seen_by,
			    deadline_ms);
		if (result == UNMOUNT_DONE || result == UNMOUNT_BUSY)
			return true;
	}
	return false;
}

static bool
kill_holders(struct view *v, int connection)
{
	bool any = false;

	each_server(s, &v->registry)
		if (set_has(&s->serves, connection) &&
		    people_signal(&v->people, s->pid, s->pidfd, SIGKILL) == 0)
			any = true;
	return any;
}

static enum abort_step
answer_and_kill(struct view *v, int connection, int deadline_ms)
{
	int before = v->answers.count;
	bool answers, killed;

	if (eyes_open(v)) {
		answer_take(&v->answers, &v->registry, v->people.proc,
		    connection);
		eyes_close();
	}
	answers = v->answers.count > before;
	killed = kill_holders(v, connection);
	if (answers)
		answer_for(&v->answers, &v->people, &v->registry, connection,
		    now_ms() + deadline_ms);
	else if (!killed)
		return ABORT_NOT;
	return answers ? ABORT_ANSWER : ABORT_KILL;
}

/*
 * Only when all of them have been killed: servers of two connections may wait
 * for each other.
 */
static void
see_end(struct view *v, int connection, long long deadline)
{
	int *step = &v->registry.connection[connection].result.abort;

	if (*step != ABORT_ANSWER && *step != ABORT_KILL)
		return;
	while (!answer_over(&v->answers, &v->people, &v->registry, connection))
		if (is_due(deadline)) {
			*step = ABORT_NOT;
			return;
		} else
			(void)poll(NULL, 0, TICK_MS);
}

void
abort_connections(struct view *v, const struct set *connections,
    int deadline_ms)
{
	struct registry *r = &v->registry;
	struct set all = registry_ours(r), rest;
	long long deadline;

	set_keep(&all, connections);
	rest = all;
	set_each(i, &all)
		if (abort_pinned(v, i))
			set_remove(&rest, i);
	if (!set_is_empty(&rest))
		abort_forced(v, &rest, deadline_ms);
	deadline = now_ms() + deadline_ms;
	set_each(i, &rest)
		r->connection[i].result.abort =
		    (int)(force_elsewhere(v, i, deadline_ms) ?
			    ABORT_UNMOUNT :
			    answer_and_kill(v, i, deadline_ms));
	set_each(i, &rest)
		see_end(v, i, deadline);
	/* Not before: if we are held up in it, another is to try again. */
	set_each(i, &all)
		r->connection[i].aborted = true;
}

const char *
abort_step_name(enum abort_step step)
{
	static const char names[][16] = {
		[ABORT_NOT] = "nothing",
		[ABORT_FUSECTL] = "fusectl",
		[ABORT_PRIVATE] = "private fusectl",
		[ABORT_UNMOUNT] = "umount",
		[ABORT_ANSWER] = "pidfd_getfd",
		[ABORT_KILL] = "kill",
	};

	return names[step];
}
