/*
 * Second phase: what lies on images is written back, what is in flight is
 * answered, and what servers queue is stored.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "init/spawn.h"
#include "init/teardown/phases.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/fuse/image.h"
#include "src/fuse/look.h"

#define NOT_EXECUTABLE 126 /* spawn_command()'s: no use to try again */
#define NOT_FOUND 127

bool
teardown_waits_for_itself(const struct server *s)
{
	struct set others = s->state.uses;

	set_cut(&others, &s->serves);
	return s->state.waits && set_is_empty(&others);
}

/* Connections whose requests in flight can be seen. */
static struct set
seen(const struct registry *r)
{
	struct set connections = registry_open(r);

	set_each(i, &connections)
		if (r->connection[i].pin.door == FUSECTL_NONE)
			set_remove(&connections, i);
	return connections;
}

static unsigned
in_flight(const struct registry *r, const struct set *except)
{
	struct set connections = seen(r);
	unsigned sum = 0, requests;

	set_cut(&connections, except);
	set_each(i, &connections)
		if (fusectl_waiting(&r->connection[i].pin, &requests) == 0)
			sum += requests;
	return sum;
}

/* Connections with a server that waits for itself. */
static struct set
find_self_waits(struct view *v)
{
	struct set found = { 0 };

	look_at_servers(v, false);
	each_server(s, &v->registry)
		if (teardown_waits_for_itself(s))
			set_join(&found, &s->serves);
	return found;
}

static void
tell(struct teardown *td, unsigned requests)
{
	struct event event = { .kind = EVENT_DRAIN, .value = (int)requests };

	if (requests > 0)
		teardown_tell(td, LOG_TRACE, &event);
}

/*
 * For as long as servers work at it. A child that is late cannot be killed until
 * its server answers, or is aborted.
 */
static void
unmount_images(struct teardown *td, long long deadline)
{
	struct view *v = td->view;
	pid_t pid;

	if (!images_may_be(v))
		return;
	pid = child_start(0);
	if (pid == 0) {
		images_unmount(v);
		_exit(0);
	}
	while (pid > 0 &&
	    child_ended(pid, now_ms() + DRAIN_LOOK_MS) == CHILD_LATE) {
		deadline = teardown_patience(td, deadline, 0);
		if (ms_until(deadline) > 0)
			continue;
		(void)kill(pid, SIGKILL);
		people_own(&v->people, pid);
		return;
	}
}

/*
 * What waited for itself at every look, for SELF_WAIT_MS, is given up. Looks in
 * a row must find nothing in flight.
 */
void
teardown_drain(struct teardown *td)
{
	struct registry *r = &td->view->registry;
	long long deadline = now_ms() + td->limits.drain_ms, self_wait;
	struct set given_up = { 0 }, suspects;
	unsigned requests;
	int empty = 0;

	unmount_images(td, deadline);
	self_wait = now_ms() + SELF_WAIT_MS;
	suspects = seen(r);
	requests = in_flight(r, &given_up);
	tell(td, requests);
	if (set_is_empty(&suspects))
		return; /* unmounting waits too, in its way */
	suspects = registry_open(r);
	while (empty < DRAINED && ms_until(deadline) > 0) {
		teardown_pause(td,
		    requests > 0 ? DRAIN_LOOK_MS : DRAIN_TICK_MS);
		if (ms_until(self_wait) == 0)
			set_join(&given_up, &suspects);
		requests = in_flight(r, &given_up);
		empty = requests == 0 ? empty + 1 : 0;
		if (requests > 0) {
			struct set self_waits = find_self_waits(td->view);

			set_keep(&suspects, &self_waits);
		}
	}
	if (empty < DRAINED)
		log_line(&td->view->log, LOG_INFO,
		    "teardown: %u requests were still in flight when the drain "
		    "was over",
		    requests);
}

/* The drain that the kernel cannot see ---------------------------------------- */

/* True if there is no use in another run. */
static bool
run_once(struct teardown *td, long long deadline)
{
	struct view *v = td->view;
	pid_t pid = spawn_command(td->limits.before_servers, td->signals_before,
	    NULL, NULL, &v->log);
	int status;

	if (pid < 0) {
		log_line(&v->log, LOG_WARNING, "before-servers: %s: %s",
		    td->limits.before_servers, error_text(errno));
		return true;
	}
	status = child_wait(pid, deadline);
	if (status == CHILD_LATE)
		people_own(&v->people, pid);
	return status == CHILD_LATE || status == 0 ||
	    status == NOT_EXECUTABLE || status == NOT_FOUND;
}

void
teardown_before_servers(struct teardown *td)
{
	const struct limits *l = &td->limits;
	long long deadline = now_ms() + l->before_servers_ms;

	while (!run_once(td, deadline) && ms_until(deadline) > 0)
		teardown_pause(td, AGAIN_MS);
	if (ms_until(deadline) == 0)
		log_line(&td->view->log, LOG_WARNING,
		    "before-servers: '%s' did not exit with 0 within %d ms",
		    l->before_servers, l->before_servers_ms);
}
