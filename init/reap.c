#include "init/reap.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "init/forward.h"
#include "init/init.h"
#include "init/servers.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/pidfd.h"
#include "src/base/signals.h"

#define ROUND 1000     /* as many are reaped at once */
#define EXIT_UNKNOWN 1 /* as tini where it cannot wait */

/* Why a main that was killed was: -v. */
static void
say_ending(struct init *init, const struct ending *e, bool is_main)
{
	const char *name = e->signalled ? signal_name(e->code) : NULL;
	enum log_level level = LOG_DEBUG;

	if (is_main && e->signalled)
		level = LOG_INFO;
	else if (!is_main && init->options.warn_on_reap)
		level = LOG_WARNING;
	log_line(&init->view.log, level,
	    name ? "reaped %s[%d]: %s %d (%s)" : "reaped %s[%d]: %s %d",
	    is_main ? "main" : "orphan", e->pid,
	    e->signalled ? "killed by signal" : "exited with", e->code, name);
}

static void
note_ending(struct init *init, const struct ending *ending)
{
	struct life *life = &init->life;
	struct event event = {
		.kind = EVENT_END,
		.pid = ending->pid,
		.value = ending->code,
		.signalled = ending->signalled,
	};
	/* Its number may be somebody else's by now. */
	bool is_main = ending->pid == life->main && life->state != LIFE_ENDED;

	if (is_main) {
		life->ending = *ending;
		if (life->state != LIFE_HELD_BACK)
			init->report.start_ms = now_ms();
		life->state = LIFE_ENDED;
		event_say(event.comm, sizeof(event.comm), "main");
	}
	servers_ended(&init->servers, ending);
	people_disown(&init->view.people, ending->pid);
	say_ending(init, ending, is_main);
	if (life->state == LIFE_ENDED || life->state == LIFE_HELD_BACK)
		report_add(&init->report, &event);
}

/*
 * Nobody can be reaped. Main's end is still seen, not how it ended: SIGCHLD
 * wakes us, and a zombie is dead.
 */
static void
note_unknown_ending(struct init *init, int error)
{
	pid_t main = init->life.main;
	int pidfd = pidfd_open(main);
	bool dead = people_dead(&init->view.people, main, pidfd);

	if (pidfd >= 0)
		close(pidfd);
	if (!dead)
		return;
	log_line(&init->view.log, LOG_ERROR,
	    "main has ended, but its status is unknown: waitid: %s",
	    error_text(error));
	note_ending(init,
	    &(struct ending){ .pid = main, .code = EXIT_UNKNOWN });
}

/* Orphans that die as fast as we reap must not keep us from all else either. */
bool
reap(struct init *init)
{
	struct life *life = &init->life;
	struct ending ending;
	int reaped = 0, found = 0;

	while (reaped < ROUND && (found = child_reap(&ending)) > 0) {
		reaped++;
		if (!guardian_ended(&init->guardian, &init->view, &ending))
			note_ending(init, &ending);
	}
	if (found < 0 && errno != ECHILD && life->main != 0 &&
	    life->state != LIFE_ENDED)
		note_unknown_ending(init, errno);
	if (reaped == ROUND)
		(void)kill(getpid(), SIGCHLD); /* there may be more */
	guardian_attend(&init->guardian, &init->view);
	return reaped > 0;
}

bool
reap_attend(void *context, const struct signals *got)
{
	const struct init *init = context;
	bool stop = false;

	for (int i = 0; i < got->count; i++)
		stop |=
		    signal_ends(&init->options, (int)got->signal[i].ssi_signo);
	(void)reap(context);
	return stop;
}
