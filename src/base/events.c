#include "src/base/events.h"

#include <stdbool.h>

#include "src/base/signals.h"

#define TICK_MS 100 /* between looks at what cannot wake us */

static bool
have_any(const struct pollfd *polled, int count)
{
	for (int i = 0; i < count; i++)
		if (polled[i].fd >= 0)
			return true;
	return false;
}

/* One descriptor is more than RLIMIT_NOFILE only where that is 0. */
static void
look_at_each(struct pollfd *polled, int count)
{
	for (int i = 0; i < count; i++) {
		polled[i].revents = 0;
		if (polled[i].fd >= 0 && poll(&polled[i], 1, 0) < 0)
			polled[i].revents = POLLERR;
	}
}

void
events_wait(struct pollfd *polled, int count, int timeout_ms,
    struct signals *got)
{
	int others = got ? 1 : 0;
	bool told = (!got || polled[0].fd >= 0) &&
	    poll(polled, (nfds_t)count, timeout_ms) >= 0;

	if (got)
		got->count = 0;
	if (told &&
	    (!got || !polled[0].revents ||
		signals_read(polled[0].fd, got) == 0))
		return;
	if (told)
		timeout_ms = 0;
	else if (have_any(polled + others, count - others) &&
	    (timeout_ms < 0 || timeout_ms > TICK_MS))
		timeout_ms = TICK_MS;
	signals_wait(got, timeout_ms);
	if (!told)
		look_at_each(polled + others, count - others);
}
