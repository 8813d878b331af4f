#include <stdlib.h>
#include <time.h>

#include "doctor/diagnosis.h"
#include "doctor/doctor.h"
#include "doctor/threads.h"

static bool
is_untold(const struct picture *p)
{
	for (int i = 0; i < p->tasks.threads; i++)
		if (p->tasks.thread[i].waits.ms < 0)
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

	for (int i = 0; i < p->tasks.threads; i++)
		still[i] = p->tasks.thread[i].waits.runs != 0 &&
		    p->tasks.thread[i].waits.runs ==
			threads_runs(d->sources.proc,
			    p->tasks.process[p->tasks.thread[i].process].pid,
			    p->tasks.thread[i].tid);
}

int
examine(struct doctor *d, long long stuck_ms)
{
	bool *still = NULL;

	if (look(&d->sources, d->picture) < 0) {
		d->findings.count = 0; /* of a picture that is no more */
		return -1;
	}
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
