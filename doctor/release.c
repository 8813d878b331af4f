#include "doctor/release.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "doctor/show.h"
#include "src/base/clock.h"
#include "src/base/pidfd.h"

#define END_MS 5000 /* for what was released to end */
#define TICK_MS 10

struct target {
	unsigned namespace; /* id; 0: tasks elsewhere */
	pid_t pid, tid;	    /* of its init, or of who waits */
	int pidfd;
	int pins;
	struct {
		unsigned id;
		struct fusectl_pin pin;
	} pinned[SUSPECTS];
};

static bool
may_abort(const struct doctor *d, const struct finding *f,
    const struct suspect *s)
{
	if (options_share(&d->options, s->connection))
		return s->hold != HOLD_SERVED;
	return s->hold == HOLD_NONE && f->advice == ADVICE_RELEASE;
}

static void
pin(struct doctor *d, const struct finding *f, struct target *t)
{
	const struct picture *p = d->picture;

	t->namespace =
	    f->namespace == NONE ? 0 : p->tasks.namespace[f->namespace].id;
	t->pid = f->first == NONE ? 0 : p->tasks.process[f->first].pid;
	t->tid = p->tasks.thread[f->thread].tid;
	t->pidfd = t->pid == 0 ? -1 : pidfd_open(t->pid);
	t->pins = 0;
	for (int i = 0; i < f->suspects; i++) {
		const struct suspect *s = &f->suspect[i];

		if (!may_abort(d, f, s))
			continue;
		t->pinned[t->pins].id = s->connection;
		if (fusectl_open(&d->sources.fusectl, s->connection,
			&t->pinned[t->pins].pin) == FUSECTL_NONE)
			fprintf(stderr,
			    "fini-doctor: connection %u cannot be aborted: "
			    "its fusectl file does not open\n",
			    s->connection);
		else
			t->pins++;
	}
}

static void
let_go(struct target *t)
{
	for (int i = 0; i < t->pins; i++)
		fusectl_close(&t->pinned[i].pin);
	if (t->pidfd >= 0)
		close(t->pidfd);
}

/* The same finding in the new picture. */
static const struct finding *
again(const struct doctor *d, const struct target *t)
{
	const struct picture *p = d->picture;

	for (int i = 0; i < d->findings.count; i++) {
		const struct finding *f = &d->findings.finding[i];

		if (t->namespace != 0 ? f->namespace != NONE &&
			    p->tasks.namespace[f->namespace].id ==
				t->namespace :
					f->namespace == NONE &&
			    p->tasks.thread[f->thread].tid == t->tid)
			return f;
	}
	return NULL;
}

static const struct suspect *
is_suspect(const struct finding *f, unsigned id)
{
	for (int i = 0; i < f->suspects; i++)
		if (f->suspect[i].connection == id)
			return &f->suspect[i];
	return NULL;
}

static void
say(const char *what, const struct doctor *d, const struct finding *f,
    const struct suspect *s)
{
	const struct picture *p = d->picture;
	char name[160] = "tasks";

	if (f->namespace != NONE)
		show_name(p, f->namespace, name, sizeof(name));
	fprintf(stderr,
	    "fini-doctor: %s connection=%u mount=\"%s\" of=\"%s\" pid=%d "
	    "waited_ms=%lld\n",
	    what, s->connection,
	    s->mounted == NONE ? "" :
				 harmless(p->drives.mounted[s->mounted].point),
	    name, f->first == NONE ? 0 : p->tasks.process[f->first].pid,
	    f->waits_ms);
}

static int
abort_all(const struct doctor *d, const struct finding *f, struct target *t)
{
	int aborted = 0;

	for (int i = 0; i < t->pins; i++) {
		const struct suspect *s = is_suspect(f, t->pinned[i].id);

		if (!s || !may_abort(d, f, s) ||
		    fusectl_gone(&t->pinned[i].pin))
			continue;
		if (d->options.dry_run) {
			say("would abort", d, f, s);
			aborted++;
		} else if (fusectl_abort(&t->pinned[i].pin)) {
			say("aborted", d, f, s);
			aborted++;
		}
	}
	return aborted;
}

static bool
has_ended(const struct doctor *d, const struct target *t)
{
	unsigned waiting;

	if (t->namespace != 0)
		return t->pidfd >= 0 ? pidfd_dead(t->pidfd) :
				       t->pid == 0 || kill(t->pid, 0) < 0;
	for (int i = 0; i < t->pins; i++)
		if (fusectl_waiting(&t->pinned[i].pin, &waiting) == 0 &&
		    waiting > 0)
			return false;
	(void)d;
	return true;
}

static enum released
await_end(const struct doctor *d, const struct target *t)
{
	long long began = now_ms(), deadline = began + END_MS;

	while (!has_ended(d, t) && !is_due(deadline))
		(void)poll(NULL, 0, TICK_MS);
	if (!has_ended(d, t)) {
		fprintf(stderr, "fini-doctor: %d has not ended %d ms later\n",
		    t->pid, END_MS);
		return RELEASED_LATE;
	}
	fprintf(stderr, "fini-doctor: %s ended, %lld ms later\n",
	    t->namespace != 0 ? "it has" : "its waits have", now_ms() - began);
	return RELEASED;
}

enum released
release(struct doctor *d, const struct finding *finding)
{
	struct target t;
	const struct finding *f;
	enum released result = RELEASED_NOT;
	int aborted;

	pin(d, finding, &t);
	if (t.pins > 0 && examine(d, d->options.stuck_ms) < 0) {
		warn("it could not be looked at once more");
		result = RELEASED_BLIND;
	} else {
		f = t.pins > 0 ? again(d, &t) : NULL;
		aborted = f ? abort_all(d, f, &t) : 0;
		if (aborted > 0)
			result =
			    d->options.dry_run ? RELEASED : await_end(d, &t);
	}
	let_go(&t);
	return result;
}
