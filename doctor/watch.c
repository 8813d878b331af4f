#include "doctor/watch.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "doctor/release.h"
#include "doctor/show.h"
#include "doctor/verdict.h"

struct counts {
	unsigned long long looks, failed_looks, released, not_released;
	long long released_at; /* seconds since 1970; 0: never */
	int namespaces, tasks; /* stuck at the last look */
};

/* Metrics -------------------------------------------------------------------- */

static void
gauge(FILE *to, const char *name, const char *help, const char *type,
    double value)
{
	fprintf(to,
	    "# HELP fini_doctor_%s %s\n# TYPE fini_doctor_%s %s\n"
	    "fini_doctor_%s %.15g\n",
	    name, help, name, type, name, value);
}

static void
write_metrics(FILE *to, const struct doctor *d, const struct counts *c)
{
	gauge(to, "looks_total", "Looks at the node.", "counter",
	    (double)c->looks);
	gauge(to, "failed_looks_total", "Looks that could not be taken.",
	    "counter", (double)c->failed_looks);
	gauge(to, "stuck_namespaces", "PID namespaces that do not end.",
	    "gauge", c->namespaces);
	gauge(to, "stuck_tasks", "Other tasks that wait for too long.", "gauge",
	    c->tasks);
	gauge(to, "released_total", "Releases after which it has ended.",
	    "counter", (double)c->released);
	gauge(to, "not_released_total",
	    "What was stuck for long enough and could not be released.",
	    "counter", (double)c->not_released);
	gauge(to, "last_release_timestamp_seconds",
	    "When something was released last; 0: never.", "gauge",
	    (double)c->released_at);
	gauge(to, "last_look_timestamp_seconds", "When the node was looked at.",
	    "gauge", (double)time(NULL));
	gauge(to, "last_look_seconds", "How long that took.", "gauge",
	    (double)d->picture->taken_ms / 1000);
}

/* By rename(2): the collector never reads half a file. */
static void export(const struct doctor *d, const struct counts *c)
{
	char path[4096];
	FILE *file;
	bool written;

	if (!d->options.metrics)
		return;
	snprintf(path, sizeof(path), "%s.new", d->options.metrics);
	file = fopen(path, "we");
	if (!file) {
		warn("%s", path);
		return;
	}
	write_metrics(file, d, c);
	written = !ferror(file);
	if (fclose(file) != 0 || !written ||
	    rename(path, d->options.metrics) < 0) {
		warn("%s", d->options.metrics);
		(void)unlink(path);
	}
}

/* Rounds --------------------------------------------------------------------- */

static void
count(struct counts *c, const struct findings *all)
{
	c->namespaces = c->tasks = 0;
	for (int i = 0; i < all->count; i++)
		if (all->finding[i].namespace != NONE)
			c->namespaces++;
		else
			c->tasks += all->finding[i].threads;
}

/* One that is to be released; NULL: none is. */
static const struct finding *
due(const struct doctor *d, int from)
{
	for (int i = from; i < d->findings.count; i++)
		if (d->findings.finding[i].waits_ms < 0 ||
		    d->findings.finding[i].waits_ms >= d->options.after_ms)
			return &d->findings.finding[i];
	return NULL;
}

static void
say_left(const struct doctor *d, const struct finding *f)
{
	char sentence[512], command[512], name[160] = "tasks";

	if (f->namespace != NONE)
		show_name(d->picture, f->namespace, name, sizeof(name));
	finding_verdict(f, d->picture, sentence, sizeof(sentence), command,
	    sizeof(command));
	fprintf(stderr,
	    "fini-doctor: left alone of=\"%s\" pid=%d waited_ms=%lld: %s\n",
	    name, f->first == NONE ? 0 : d->picture->process[f->first].pid,
	    f->waits_ms, harmless(sentence));
}

/*
 * A release takes a new picture: so one after the other, and who cannot be
 * released is passed over.
 */
static void
treat(struct doctor *d, struct counts *c)
{
	const struct finding *f;
	int passed = 0, tries = 0;

	while ((f = due(d, passed)) != NULL && tries++ < FINDINGS) {
		if (f->advice != ADVICE_RELEASE) {
			say_left(d, f);
			passed = (int)(f - d->findings.finding) + 1;
			continue;
		}
		if (release(d, f) == RELEASED && !d->options.dry_run) {
			c->released++;
			c->released_at = time(NULL);
			(void)examine(d, d->options.stuck_ms);
			passed = 0;
		} else {
			c->not_released++;
			return; /* the next round is another picture */
		}
	}
}

int
watch(struct doctor *d)
{
	struct counts c = { 0 };

	for (int round = 1;; round++) {
		c.looks++;
		if (examine(d, d->options.stuck_ms) < 0) {
			warn("/proc");
			c.failed_looks++;
		} else {
			treat(d, &c);
			count(&c, &d->findings);
		}
		export(d, &c);
		if (round == d->options.rounds)
			return d->findings.count > 0;
		rest(d->options.every_ms);
	}
}
