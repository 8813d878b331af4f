/* How every phase waits: for deaths, for events, never past a deadline. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/teardown_parts.h"

#define UNTOLD_TICK_MS 20 /* where neither pidfd nor SIGCHLD tells a death */

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

static void
drop_dead(struct held *held, const struct pollfd *polled)
{
	int kept = 0;

	for (int i = 0; i < held->count; i++) {
		if (polled[i].revents & POLLIN) {
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
	bool untold = td->events < 0 && held_any_unpinned(held);
	long long tick = now_ms() + (untold ? UNTOLD_TICK_MS : TICK_MS);
	struct pollfd polled[HELD + 1];

	if (deadline_ms > tick)
		deadline_ms = tick;
	while (held->count > 0) {
		int n = held->count, left = ms_until(deadline_ms);

		for (int i = 0; i < n; i++)
			polled[i] = (struct pollfd){ .fd = held->pidfd[i],
				.events = POLLIN };
		polled[n] =
		    (struct pollfd){ .fd = td->events, .events = POLLIN };
		if (poll(polled, (nfds_t)n + 1, left) < 0 && errno != EINTR)
			return false;
		if (polled[n].revents && td->attend(td->context) && stop) {
			*stop = true;
			return false;
		}
		drop_dead(held, polled);
		if (left == 0 || (polled[n].revents && held_any_unpinned(held)))
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
