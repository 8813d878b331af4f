#include <stdlib.h>
#include <time.h>

#include "doctor/diagnosis.h"
#include "doctor/doctor.h"
#include "doctor/threads.h"

static bool
is_untold(const struct picture *p)
{
	for (int i = 0; i < p->threads; i++)
		if (p->thread[i].waits_ms < 0)
			return true;
	return false;
}

void
rest(long long ms)
{
	struct timespec time = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&time, NULL);
}

/* Which threads have not run since they were looked at? */
static void
look_again(const struct doctor *d, bool *still)
{
	const struct picture *p = d->picture;

	for (int i = 0; i < p->threads; i++)
		still[i] = p->thread[i].runs != 0 &&
		    p->thread[i].runs ==
			threads_runs(d->sources.proc,
			    p->process[p->thread[i].process].pid,
			    p->thread[i].tid);
}

int
examine(struct doctor *d, long long stuck_ms)
{
	bool *still = NULL;

	if (look(&d->sources, d->picture) < 0)
		return -1;
	if (is_untold(d->picture)) {
		still = calloc(THREADS, sizeof(*still));
		rest(stuck_ms);
		if (still)
			look_again(d, still);
	}
	findings_make(&d->findings, d->picture, stuck_ms, still);
	free(still);
	return 0;
}
