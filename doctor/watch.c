#include "doctor/watch.h"

#include <err.h>
#include <stdio.h>
#include <time.h>

#include "doctor/doctor.h"
#include "doctor/metrics.h"
#include "doctor/release.h"
#include "doctor/seen.h"
#include "doctor/show.h"
#include "doctor/verdict.h"
#include "src/base/clock.h"

struct watch {
	struct doctor *doctor;
	struct counts counts;
	struct seen seen;
};

/* 0; or -1: then nothing is known, and what was seen before is kept. */
static int
look_anew(struct watch *w)
{
	struct doctor *d = w->doctor;

	if (examine(d, d->options.stuck_ms) < 0) {
		warn("it could not be looked at");
		w->counts.failed_looks++;
		return -1;
	}
	seen_note(&w->seen, &d->findings, d->picture, now_ms());
	return 0;
}

/* One that has been stuck for --after, and has not had its turn; NONE. */
static int
due(const struct watch *w)
{
	const struct doctor *d = w->doctor;
	long long now = now_ms();

	for (int i = 0; i < d->findings.count; i++)
		if (!w->seen.sighting[i].passed &&
		    seen_stuck_ms(&w->seen, &d->findings, i, now) >=
			d->options.after_ms)
			return i;
	return NONE;
}

/* Each finding once, however often it could or may not be released. */
static void
count_not_released(struct watch *w, int which)
{
	struct sighting *s = &w->seen.sighting[which];

	if (s->counted || w->doctor->options.dry_run)
		return;
	s->counted = true;
	w->counts.not_released++;
}

static void
leave(struct watch *w, int which)
{
	const struct doctor *d = w->doctor;
	const struct finding *f = &d->findings.finding[which];
	char sentence[SENTENCE], command[512], name[160] = "tasks";

	count_not_released(w, which);
	if (f->namespace != NONE)
		show_name(d->picture, f->namespace, name, sizeof(name));
	finding_verdict(f, d->picture, sentence, sizeof(sentence), command,
	    sizeof(command));
	if (!seen_says(&w->seen, which, sentence))
		return;
	fprintf(stderr,
	    "fini-doctor: left alone of=\"%s\" pid=%d waited_ms=%lld: %s\n",
	    name,
	    f->first == NONE ? 0 : d->picture->tasks.process[f->first].pid,
	    f->waits_ms, harmless(sentence));
}

/* 0; or -1: it could not be looked at. Takes a new picture. */
static int
try(struct watch *w, int which)
{
	struct doctor *d = w->doctor;
	enum released result = release(d, &d->findings.finding[which]);

	if (result == RELEASED_BLIND) {
		w->counts.failed_looks++;
		return -1;
	}
	if (result == RELEASED && !d->options.dry_run) {
		w->counts.released++;
		w->counts.released_at = time(NULL);
		return look_anew(w);
	}
	count_not_released(w, which);
	seen_note(&w->seen, &d->findings, d->picture, now_ms());
	return 0;
}

/* Each that is due has one turn, in whatever picture it is seen again. */
static int
treat(struct watch *w)
{
	const struct findings *all = &w->doctor->findings;
	int which;

	seen_begin_round(&w->seen);
	for (int turns = 0; turns < FINDINGS; turns++) {
		which = due(w);
		if (which == NONE)
			return 0;
		w->seen.sighting[which].passed = true;
		if (all->finding[which].advice != ADVICE_RELEASE)
			leave(w, which);
		else if (try(w, which) < 0)
			return -1;
	}
	return 0;
}

int
watch(struct doctor *d)
{
	static struct watch w;
	bool told = false;

	if (d->options.metrics && !metrics_may_write(d->options.metrics))
		errx(COULD_NOT_LOOK,
		    "--metrics: '%s' would be replaced, and is no regular file",
		    d->options.metrics);
	w.doctor = d;
	for (int round = 1;; round++) {
		w.counts.looks++;
		if (look_anew(&w) == 0) {
			if (!told)
				show_sight(stderr, "fini-doctor: ", d->picture);
			told = true;
			if (treat(&w) == 0)
				metrics_count(&w.counts, &d->findings);
		}
		if (d->options.metrics)
			metrics_write(d->options.metrics, &w.counts,
			    d->picture);
		if (round == d->options.rounds)
			return d->findings.count > 0;
		rest(d->options.every_ms);
	}
}
