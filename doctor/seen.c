#include "doctor/seen.h"

#include <string.h>

static struct sighting
sighting_of(const struct finding *f, const struct picture *p)
{
	const struct thread *t = &p->tasks.thread[f->thread];

	if (f->namespace == NONE)
		return (struct sighting){
			.pid = p->tasks.process[t->process].pid,
			.tid = t->tid,
			.runs = t->waits.runs,
		};
	return (struct sighting){
		.namespace = p->tasks.namespace[f->namespace].id,
		.pid = f->first == NONE ? 0 : p->tasks.process[f->first].pid,
	};
}

static bool
is_same(const struct sighting *a, const struct sighting *b)
{
	return a->namespace == b->namespace && a->pid == b->pid &&
	    a->tid == b->tid && a->runs == b->runs;
}

void
seen_note(struct seen *seen, const struct findings *all,
    const struct picture *p, long long now_ms)
{
	int before = seen->count;

	memcpy(seen->before, seen->sighting,
	    (size_t)before * sizeof(seen->before[0]));
	seen->count = all->count;
	for (int i = 0; i < all->count; i++) {
		struct sighting *s = &seen->sighting[i];

		*s = sighting_of(&all->finding[i], p);
		s->since_ms = now_ms;
		for (int j = 0; j < before; j++)
			if (is_same(&seen->before[j], s)) {
				*s = seen->before[j];
				break;
			}
	}
}

void
seen_begin_round(struct seen *seen)
{
	for (int i = 0; i < seen->count; i++)
		seen->sighting[i].passed = false;
}

long long
seen_stuck_ms(const struct seen *seen, const struct findings *all, int which,
    long long now_ms)
{
	long long seen_ms = now_ms - seen->sighting[which].since_ms,
		  waits_ms = all->finding[which].waits_ms;

	return waits_ms > seen_ms ? waits_ms : seen_ms;
}

bool
seen_says(struct seen *seen, int which, const char *sentence)
{
	struct sighting *s = &seen->sighting[which];

	if (strncmp(s->said, sentence, sizeof(s->said) - 1) == 0)
		return false;
	keep(s->said, sizeof(s->said), sentence);
	return true;
}
