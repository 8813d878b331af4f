#include "doctor/eyes.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "doctor/picture.h"
#include "src/base/child.h"
#include "src/base/clock.h"

#define STALL_MS 400 /* for a child to get no further ... */
#define STALLS 8     /* ... so often; then */
#define HURRY_MS 60

static void
look_on(struct picture *p, void (*look)(struct picture *, int, int), int proc)
{
	for (; p->at < p->processes; p->at++)
		if (!p->process[p->at].unseen)
			look(p, proc, p->at);
	_exit(0);
}

/* True if it came to its end. */
static bool
await(struct picture *p, pid_t child, int stall_ms)
{
	int before;

	do {
		int result;

		before = p->at;
		result = child_ended(child, now_ms() + stall_ms);
		if (result != CHILD_LATE)
			return result == 0;
	} while (p->at != before);
	(void)kill(child, SIGKILL);
	/* Who waits for an exec lock ends by that, who ends memory does not. */
	(void)child_wait(child, now_ms() + HURRY_MS);
	return false;
}

void
eyes_look(struct picture *p, void (*look)(struct picture *, int, int), int proc)
{
	int stalls = 0;

	p->at = 0;
	while (p->at < p->processes) {
		pid_t child = child_start(0);

		if (child == 0)
			look_on(p, look, proc);
		if (child < 0 ||
		    await(p, child, stalls < STALLS ? STALL_MS : HURRY_MS))
			return;
		stalls++;
		if (p->at < p->processes)
			p->process[p->at++].unseen = true;
	}
}
