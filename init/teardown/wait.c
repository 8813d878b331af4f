/* How every phase waits: for deaths, for events, never past a deadline. */
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"
#include "src/base/events.h"
#include "src/base/pidfd.h"
#include "src/base/signals.h"
#include "src/proc/task.h"

void
held_add(struct held *held, pid_t pid, int pidfd)
{
	held->pid[held->count] = pid;
	held->pidfd[held->count++] = pidfd;
}

void
held_release(struct held *held)
{
	for (int i = 0; i < held->count; i++)
		if (held->pidfd[i] >= 0 && !held->borrowed)
			close(held->pidfd[i]);
	held->count = 0;
}

/* Where poll(2) is refused it is looked at, and not taken for dead. */
static bool
has_died(const struct pollfd *polled)
{
	return (polled->revents & POLLIN) ||
	    ((polled->revents & POLLERR) && pidfd_dead(polled->fd));
}

static void
drop_dead(struct held *held, const struct pollfd *polled)
{
	int kept = 0;

	for (int i = 0; i < held->count; i++) {
		if (has_died(&polled[i])) {
			if (!held->borrowed)
				close(held->pidfd[i]);
			continue;
		}
		held->pid[kept] = held->pid[i];
		held->pidfd[kept++] = held->pidfd[i];
	}
	held->count = kept;
}

bool
held_any_unpinned(const struct held *held)
{
	for (int i = 0; i < held->count; i++)
		if (held->pidfd[i] < 0)
			return true;
	return false;
}

bool
teardown_wait(struct teardown *td, struct held *held, long long deadline_ms,
    bool *stop)
{
	bool untold = !td->events.attend && held_any_unpinned(held);
	long long tick = now_ms() + (untold ? UNTOLD_TICK_MS : TICK_MS);
	struct pollfd polled[HELD + 1];
	struct signals got;

	got.count = 0;
	if (deadline_ms > tick)
		deadline_ms = tick;
	while (held->count > 0) {
		int n = held->count, left = ms_until(deadline_ms);

		polled[0] =
		    (struct pollfd){ .fd = td->events.fd, .events = POLLIN };
		for (int i = 0; i < n; i++)
			polled[i + 1] = (struct pollfd){ .fd = held->pidfd[i],
				.events = POLLIN };
		events_wait(polled, n + 1, left,
		    td->events.attend ? &got : NULL);
		if (td->events.attend &&
		    td->events.attend(td->events.context, &got) && stop) {
			*stop = true;
			return false;
		}
		drop_dead(held, polled + 1);
		if (left == 0 || (got.count > 0 && held_any_unpinned(held)))
			break;
	}
	return held->count == 0;
}

void
teardown_pause(struct teardown *td, int ms)
{
	struct held nobody = { .pidfd = { -1 }, .count = 1 };
	long long deadline = now_ms() + ms;

	while (ms_until(deadline) > 0)
		(void)teardown_wait(td, &nobody, deadline, NULL);
}

/* Patience ------------------------------------------------------------------- */

static unsigned long long
run_time(struct view *v)
{
	unsigned long long ns = 0;

	each_server(s, &v->registry)
		ns += task_run_time(v->people.proc, s->pid);
	return ns;
}

/*
 * Have those who serve run since the last look? That is a tick ago, or longer:
 * what clients have them do within a short grace does not lengthen it. Servers
 * that die take their time along: then the sum is smaller, and that is no work.
 */
static void
look_if_they_work(struct teardown *td)
{
	struct progress *p = &td->reached;
	unsigned long long ns;
	bool worked;

	if (p->run_ns != 0 && now_ms() - p->looked_at < TICK_MS)
		return;
	ns = run_time(td->view);
	worked = p->run_ns != 0 && ns >= p->run_ns + WORK_NS;
	p->looked_at = now_ms();
	if (worked)
		p->worked_at = now_ms();
	if (worked || ns < p->run_ns || p->run_ns == 0)
		p->run_ns = ns;
}

/* Do they still run, and not only idle? */
static bool
is_working(struct teardown *td)
{
	struct set open = registry_open(&td->view->registry);

	look_if_they_work(td);
	return td->reached.worked_at != 0 &&
	    now_ms() - td->reached.worked_at < PAUSE_MS &&
	    registry_server_of_any(&td->view->registry, &open);
}

long long
teardown_patience(struct teardown *td, long long deadline, int reserve_ms)
{
	long long until =
	    td->reached.started_at + td->limits.patience_ms - reserve_ms;

	if (td->limits.patience_ms == 0 || ms_until(until) == 0 ||
	    !is_working(td) || ms_until(deadline) > 0)
		return deadline;
	return earlier(now_ms() + TICK_MS, until);
}
