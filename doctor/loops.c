#include "doctor/loops.h"

#include <string.h>

#include "doctor/picture.h"

#define KTHREADD 2 /* the parent of all threads of the kernel */

bool
loops_is_worker(const struct picture *p, int thread)
{
	const struct thread *t = &p->tasks.thread[thread];
	const struct process *of = &p->tasks.process[t->process];

	return t->cause == CAUSE_ANSWER && of->parent == KTHREADD &&
	    (strstr(t->waits.through, "lo_rw_aio") ||
		strstr(t->waits.through, "loop_") ||
		strncmp(of->comm, "loop", 4) == 0);
}

void
loops_follow(struct picture *p)
{
	int worker = NONE, workers = 0;

	for (int i = 0; i < p->tasks.threads; i++)
		if (loops_is_worker(p, i)) {
			worker = i;
			workers++;
		}
	for (int i = 0; i < p->tasks.threads && workers > 0; i++) {
		struct thread *t = &p->tasks.thread[i];

		if (t->cause != CAUSE_DISK)
			continue;
		t->cause = CAUSE_BEHIND;
		t->behind.thread = workers == 1 ? worker : NONE;
		t->behind.sure = false;
	}
}
