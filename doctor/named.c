#include "doctor/named.h"

#include <stddef.h>
#include <string.h>

#include "doctor/container.h"
#include "doctor/doctor.h"

/* Is the name a number that the report shows for it: of a process, a thread? */
static bool
is_pid_of(const struct doctor *d, const struct finding *f)
{
	const struct tasks *tasks = &d->picture->tasks;
	const char *name = d->options.container;
	int which = (int)(f - d->findings.finding);

	if (f->first != NONE && is_pid(name, tasks->process[f->first].pid))
		return true;
	for (int i = 0; i < tasks->threads; i++) {
		const struct thread *t = &tasks->thread[i];

		if (d->findings.of_thread[i] == which &&
		    (is_pid(name, t->tid) ||
			is_pid(name, tasks->process[t->process].pid)))
			return true;
	}
	return false;
}

static bool
is_named(const struct doctor *d, const struct finding *f)
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
	return is_pid_of(d, f) ||
	    (f->namespace != NONE &&
		container_is(d->picture, f->namespace, name,
		    d->options.docker_root));
}

const struct finding *
named(const struct doctor *d, int seen)
{
	for (int i = 0; i < d->findings.count; i++)
		if (is_named(d, &d->findings.finding[i]) && seen-- == 0)
			return &d->findings.finding[i];
	return NULL;
}

/* Its container's id, "" if it is none's. One container may have several. */
static const char *
id_of(const struct doctor *d, const struct finding *f)
{
	return f->namespace == NONE ?
	    "" :
	    d->picture->tasks.namespace[f->namespace].container;
}

bool
named_many(const struct doctor *d)
{
	const struct finding *f;

	for (int i = 1; d->options.container && (f = named(d, i)) != NULL; i++)
		if (strcmp(id_of(d, named(d, 0)), id_of(d, f)) != 0)
			return true;
	return false;
}

void
named_settle(struct doctor *d)
{
	const struct finding *f = named(d, 0);
	static char id[sizeof(((struct pidns *)NULL)->container)];

	if (!d->options.container || !f || *id_of(d, f) == '\0' ||
	    is_pid_of(d, f))
		return;
	keep(id, sizeof(id), id_of(d, f));
	d->options.container = id;
}
