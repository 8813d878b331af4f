/* fini-doctor: explains and releases what does not end on a host (doctor/). */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor/doctor.h"
#include "doctor/named.h"
#include "doctor/refusal.h"
#include "doctor/release.h"
#include "doctor/show.h"
#include "doctor/verdict.h"
#include "doctor/watch.h"

#define STUCK 1

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
	/* What was not written nobody has read. */
	if (fflush(stdout) != 0 || ferror(stdout))
		err(COULD_NOT_LOOK, "standard output");
	return d->findings.count > 0 ? STUCK : 0;
}

static int
could_not_look(void)
{
	warn("it could not be looked at");
	return COULD_NOT_LOOK;
}

static int
release_nothing(struct doctor *d)
{
	if (d->options.container)
		return refuse_unknown(d) < 0 ? could_not_look() : STUCK;
	if (d->findings.count > 0) {
		refuse_unnamed(d);
		return STUCK;
	}
	fprintf(stderr, "fini-doctor: nothing is stuck\n");
	return 0;
}

static int
release_named(struct doctor *d)
{
	const struct finding *f;
	int status = 0, passed = 0;

	while ((f = named(d, passed)) != NULL) {
		char sentence[512], command[512];
		enum released result;

		finding_verdict(f, d->picture, sentence, sizeof(sentence),
		    command, sizeof(command));
		result = release(d, f);
		if (result == RELEASED_BLIND)
			return COULD_NOT_LOOK;
		if (result != RELEASED) {
			refuse(sentence, command);
			status = STUCK;
		}
		if (result != RELEASED || d->options.dry_run)
			passed++;
		else if (examine(d, d->options.stuck_ms) < 0)
			return could_not_look();
	}
	return status;
}

static int
release_all(struct doctor *d)
{
	if (!named(d, 0))
		return release_nothing(d);
	if (named_many(d)) {
		refuse_many(d);
		return STUCK;
	}
	named_settle(d);
	return release_named(d);
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
		err(COULD_NOT_LOOK, "it could not be looked at");
	if (d.options.command == COMMAND_LOOK)
		return show(&d);
	show_sight(stderr, "fini-doctor: ", d.picture);
	return release_all(&d);
}
