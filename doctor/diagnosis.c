#include "doctor/diagnosis.h"

#include <stddef.h>
#include <string.h>

#include "doctor/cause.h"
#include "doctor/suspects.h"

/* Grouping ------------------------------------------------------------------- */

static bool
has_waited(const struct thread *t, long long stuck_ms, bool still)
{
	return t->waits.ms < 0 ? still : t->waits.ms >= stuck_ms;
}

static bool
belongs(const struct finding *f, const struct picture *p,
    const struct thread *t, int namespace)
{
	const struct thread *head = &p->tasks.thread[f->thread];

	if (f->namespace != NONE || namespace != NONE)
		return f->namespace == namespace;
	if (cause_is_fuse(f->cause) && cause_is_fuse(t->cause))
		return head->on.connection == t->on.connection &&
		    (t->on.connection != 0 ||
			p->tasks.process[head->process].mnt_namespace ==
			    p->tasks.process[t->process].mnt_namespace);
	return f->cause == t->cause && strcmp(head->on.point, t->on.point) == 0;
}

static void
add(struct finding *f, const struct picture *p, int thread)
{
	const struct thread *t = &p->tasks.thread[thread];

	f->threads++;
	if (t->waits.ms > f->waits_ms)
		f->waits_ms = t->waits.ms;
	/* Who waits for the namespace waits for the others. */
	if (f->cause == CAUSE_ZAP || f->cause == CAUSE_UNTOLD ||
	    (!cause_is_fuse(f->cause) && cause_is_fuse(t->cause))) {
		f->cause = t->cause;
		f->thread = thread;
	}
}

static void
put(struct findings *all, const struct picture *p, int thread)
{
	const struct thread *t = &p->tasks.thread[thread];
	int namespace = dying_around(p, t->process);

	for (int i = 0; i < all->count; i++)
		if (belongs(&all->finding[i], p, t, namespace)) {
			all->of_thread[thread] = i;
			add(&all->finding[i], p, thread);
			return;
		}
	if (all->count == FINDINGS)
		return;
	all->of_thread[thread] = all->count;
	all->finding[all->count] = (struct finding){
		.namespace = namespace,
		.first = namespace == NONE ? t->process :
					     p->tasks.namespace[namespace].init,
		.thread = thread,
		.cause = t->cause,
		.waits_ms = t->waits.ms,
		.threads = 1,
	};
	all->count++;
}

/* Verdict -------------------------------------------------------------------- */

static enum advice
advice_for(const struct finding *f)
{
	int unsure = suspects_with(f, HOLD_NONE, false);

	if (suspects_with(f, HOLD_NONE, true) > 0 || unsure == 1)
		return ADVICE_RELEASE;
	if (unsure > 1)
		return ADVICE_ASK;
	if (suspects_with(f, HOLD_SHARED, false) > 0)
		return ADVICE_SHARED;
	return f->suspects > 0 ? ADVICE_SERVER : ADVICE_ELSEWHERE;
}

void
findings_make(struct findings *all, const struct picture *p, long long stuck_ms,
    const bool *still)
{
	all->count = 0;
	for (int i = 0; i < p->tasks.threads; i++) {
		all->of_thread[i] = NONE;
		if (has_waited(&p->tasks.thread[i], stuck_ms,
			still && still[i]))
			put(all, p, i);
	}
	for (int i = 0; i < all->count; i++) {
		suspects_find(all, i, p);
		all->finding[i].advice = advice_for(&all->finding[i]);
	}
}
