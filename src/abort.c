#include "src/abort.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "src/answer.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/fusectl.h"
#include "src/population.h"
#include "src/unmount.h"

/* UNMOUNT_BUSY: fuse_umount_begin() has aborted before EBUSY was found. */
static bool
force(struct population *population, unsigned id, pid_t namespace_of,
    int deadline_ms)
{
	enum unmount_result result = unmount_connection(population, id,
	    MNT_FORCE, namespace_of, deadline_ms);

	if (result != UNMOUNT_DONE && result != UNMOUNT_BUSY)
		return false;
	if (result == UNMOUNT_BUSY)
		(void)unmount_connection(population, id, MNT_DETACH,
		    namespace_of, deadline_ms);
	return true;
}

/* In our own mount namespace, then in those that servers showed us. */
static bool
force_anywhere(const struct registry *r, int connection,
    struct population *population, int deadline_ms)
{
	unsigned id = r->connection[connection].id;

	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].connection == connection &&
		    force(population, id, r->mount[i].seen_by, deadline_ms))
			return true;
	return false;
}

static bool
kill_holders(struct registry *r, int connection,
    const struct population *population)
{
	bool any = false;

	for (int i = 0; i < SERVERS; i++) {
		struct server *s = &r->server[i];

		if (s->pid != 0 &&
		    (s->connections & UINT64_C(1) << connection) &&
		    population_signal(population, s->pid, s->pidfd, SIGKILL) ==
			0)
			any = true;
	}
	return any;
}

enum abort_step
abort_connection(struct registry *r, int connection,
    struct population *population, int deadline_ms)
{
	struct connection *c = &r->connection[connection];
	bool answers, killed;

	if (!c->ours)
		return ABORT_NOT;
	c->aborted = true;
	if (fusectl_abort(&c->pin))
		return c->pin.door == FUSECTL_VISIBLE ? ABORT_FUSECTL :
							ABORT_PRIVATE;
	if (force_anywhere(r, connection, population, deadline_ms))
		return ABORT_UNMOUNT;
	answers = answer_take(r, population->proc, connection);
	killed = kill_holders(r, connection, population);
	if (answers) {
		answer_for(r, connection, now_ms() + deadline_ms);
		return ABORT_ANSWER;
	}
	c->unaborted = true;
	return killed ? ABORT_KILL : ABORT_NOT;
}

const char *
abort_step_name(enum abort_step step)
{
	static const char *const names[] = {
		[ABORT_NOT] = "nothing",
		[ABORT_FUSECTL] = "fusectl",
		[ABORT_PRIVATE] = "private fusectl",
		[ABORT_UNMOUNT] = "umount",
		[ABORT_ANSWER] = "pidfd_getfd",
		[ABORT_KILL] = "kill",
	};

	return names[step];
}
