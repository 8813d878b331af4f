/* fini-doctor: explains and releases what does not end on a host (doctor/). */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/container.h"
#include "doctor/doctor.h"
#include "doctor/release.h"
#include "doctor/show.h"
#include "doctor/verdict.h"
#include "doctor/watch.h"

#define STUCK 1
#define COULD_NOT_LOOK 2

static int
show(const struct doctor *d)
{
	switch (d->options.form) {
	case FORM_TEXT:
		show_text(stdout, &d->findings, d->picture);
		break;
	case FORM_JSON:
		show_json(stdout, &d->findings, d->picture);
		break;
	case FORM_DOT:
		show_dot(stdout, &d->findings, d->picture);
		break;
	}
	return d->findings.count > 0 ? STUCK : 0;
}

static bool
is_meant(const struct doctor *d, const struct finding *f)
{
	const char *name = d->options.container;

	if (d->options.shared > 0 && !name) {
		for (int i = 0; i < f->suspects; i++)
			if (options_share(&d->options,
				f->suspect[i].connection))
				return true;
		return false;
	}
	if (!name)
		return f->namespace != NONE;
	if (f->namespace != NONE)
		return container_is(d->picture, f->namespace, name,
		    d->options.docker_root);
	return f->first != NONE &&
	    atoi(name) == d->picture->process[f->first].pid;
}

/* The one after `seen` others that are meant; NULL: there is none. */
static const struct finding *
meant(const struct doctor *d, int seen)
{
	for (int i = 0; i < d->findings.count; i++)
		if (is_meant(d, &d->findings.finding[i]) && seen-- == 0)
			return &d->findings.finding[i];
	return NULL;
}

static int
release_all(struct doctor *d)
{
	const struct finding *f;
	int status = 0, left = 0;

	if (!meant(d, 0)) {
		fprintf(stderr, "fini-doctor: nothing is stuck%s%s\n",
		    d->options.container ? " in " : "",
		    d->options.container ? harmless(d->options.container) : "");
		return d->options.container ? STUCK : 0;
	}
	while ((f = meant(d, left)) != NULL) {
		char sentence[512], command[512];

		finding_verdict(f, d->picture, sentence, sizeof(sentence),
		    command, sizeof(command));
		if (release(d, f) == RELEASED && !d->options.dry_run) {
			if (examine(d, d->options.stuck_ms) < 0)
				return COULD_NOT_LOOK;
			continue;
		}
		left++;
		if (d->options.dry_run)
			continue;
		fprintf(stderr, "fini-doctor: not released: %s\n",
		    harmless(sentence));
		if (*command)
			fprintf(stderr, "fini-doctor: what helps: %s\n",
			    harmless(command));
		status = STUCK;
	}
	return status;
}

int
main(int argc, char *argv[])
{
	static struct doctor d;
	const char *what;

	options_parse(&d.options, argc, argv);
	d.picture = picture_new();
	if (!d.picture)
		err(COULD_NOT_LOOK, "memory");
	if (look_open(&d.sources, &what) < 0)
		err(COULD_NOT_LOOK, "%s", what);
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (d.options.command == COMMAND_WATCH)
		return watch(&d);
	if (examine(&d, d.options.stuck_ms) < 0)
		err(COULD_NOT_LOOK, "/proc");
	return d.options.command == COMMAND_RELEASE ? release_all(&d) :
						      show(&d);
}
