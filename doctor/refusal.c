#include "doctor/refusal.h"

#include <stdio.h>
#include <string.h>

#include "doctor/cause.h"
#include "doctor/container.h"
#include "doctor/doctor.h"
#include "doctor/named.h"
#include "doctor/show.h"

void
refuse_many(const struct doctor *d)
{
	const struct finding *f;
	char name[160];

	fprintf(stderr,
	    "fini-doctor: not released: '%s' is more than one container, say "
	    "which by its id:",
	    harmless(d->options.container));
	for (int i = 0; (f = named(d, i)) != NULL; i++) {
		snprintf(name, sizeof(name), "a process");
		if (f->namespace != NONE)
			show_name(d->picture, f->namespace, name, sizeof(name));
		fprintf(stderr, "%s %s", i > 0 ? "," : "", name);
	}
	fputc('\n', stderr);
}

static void
refuse_early(const struct doctor *d, const struct finding *f)
{
	char waits[32], least[32];

	fprintf(stderr,
	    "fini-doctor: not released: '%s' %s, but not for as long as "
	    "--stuck says, %s: %s\n",
	    harmless(d->options.container),
	    f->namespace != NONE ? "does not end" : "waits",
	    show_time(d->options.stuck_ms, least, sizeof(least)),
	    show_time(f->waits_ms, waits, sizeof(waits)));
}

static bool
is_process(const struct doctor *d)
{
	const struct tasks *tasks = &d->picture->tasks;

	for (int i = 0; i < tasks->processes; i++)
		if (is_pid(d->options.container, tasks->process[i].pid))
			return true;
	return false;
}

/* "docker container 0123456789ab, pid 123". True for one of docker's. */
static bool
show_choice(const struct doctor *d, const struct finding *f)
{
	const struct tasks *tasks = &d->picture->tasks;
	const struct process *first =
	    f->first == NONE ? NULL : &tasks->process[f->first];
	char name[160] = "";

	if (f->namespace != NONE)
		show_name(d->picture, f->namespace, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s, which waits (%s)",
		    first ? harmless(first->comm) : "?", cause_name(f->cause));
	fprintf(stderr, "fini-doctor: what hangs: %s, pid %d\n", name,
	    first ? first->pid : 0);
	return f->namespace != NONE &&
	    strcmp(tasks->namespace[f->namespace].engine, "docker") == 0;
}

/* All that hangs. True if a container of docker's is among it. */
static bool
show_choices(const struct doctor *d)
{
	bool docker = false;

	for (int i = 0; i < d->findings.count; i++)
		docker = show_choice(d, &d->findings.finding[i]) || docker;
	return docker;
}

static void
refuse_stranger(const struct doctor *d)
{
	fprintf(stderr,
	    "fini-doctor: not released: nothing that hangs is called '%s'\n",
	    harmless(d->options.container));
	if (show_choices(d))
		fprintf(stderr,
		    "fini-doctor: docker's names are read below %s: else say "
		    "--docker-root\n",
		    harmless(d->options.docker_root));
}

int
refuse_unknown(struct doctor *d)
{
	if (examine(d, 0) < 0)
		return -1;
	if (named(d, 0)) {
		refuse_early(d, named(d, 0));
		return 0;
	}
	if (is_process(d)) {
		fprintf(stderr,
		    "fini-doctor: not released: process %s does not hang\n",
		    harmless(d->options.container));
		return 0;
	}
	if (examine(d, d->options.stuck_ms) < 0)
		return -1;
	refuse_stranger(d);
	return 0;
}

void
refuse_unnamed(const struct doctor *d)
{
	fprintf(stderr, "fini-doctor: not released: %s\n",
	    d->options.shared > 0 ?
		"nothing that hangs waits for what --shared names" :
		"what hangs is no container that does not end: name it by a "
		"pid");
	(void)show_choices(d);
}

void
refuse(const char *sentence, const char *command)
{
	fprintf(stderr, "fini-doctor: not released: %s\n", harmless(sentence));
	if (*command)
		fprintf(stderr, "fini-doctor: what helps: %s\n",
		    harmless(command));
}
