#include "init/servers.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mount.h>

#include "init/forward.h"
#include "init/init.h"
#include "init/isolate.h"
#include "init/limits.h"
#include "init/server_start.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/fuse/look.h"
#include "src/fuse/unmount.h"

#define EXIT_SERVER_DIED 124 /* --server-exit stop: main was stopped */

/* Dying ---------------------------------------------------------------------- */

static void
stop_main(struct init *init)
{
	struct life *life = &init->life;

	if (life->main != 0 && life->status == 0)
		(void)signal_main(init, main_stop_signal(&init->options));
	life->status = EXIT_SERVER_DIED;
	life->stopping_until = NEVER;
}

/* What a dead server leaves would be in the way of the next: ENOTCONN. */
static enum server_state
start_again(struct declared *d, struct init *init)
{
	set_each(i, &d->serves)
		(void)unmount_connection(&init->view,
		    init->view.registry.connection[i].id, MNT_DETACH, 0,
		    LEFT_BEHIND_MS);
	return server_start(d, init);
}

static enum server_state
bury(struct declared *d, struct init *init)
{
	static const char then[][24] = {
		[SERVER_EXIT_STOP] = "main is stopped",
		[SERVER_EXIT_IGNORE] = "main goes on",
		[SERVER_EXIT_RESTART] = "it is started again",
	};
	int on_exit = init->options.server_exit;

	log_line(&init->view.log, LOG_WARNING, "server '%s' died: %s",
	    d->command, then[on_exit]);
	if (on_exit == SERVER_EXIT_RESTART)
		return start_again(d, init);
	if (on_exit == SERVER_EXIT_STOP)
		stop_main(init);
	return SERVER_LOST;
}

/* The steps ------------------------------------------------------------------ */

static enum server_state
next_state(struct declared *d, struct init *init)
{
	switch (d->state) {
	case SERVER_WAITING:
		return server_start(d, init);
	case SERVER_STARTING:
		return server_await(d, init);
	case SERVER_LIVE:
		/* Until main is there nobody acts on a death. */
		return init->servers.live && !server_is_served(d, &init->view) ?
		    bury(d, init) :
		    SERVER_LIVE;
	case SERVER_LOST:
	case SERVER_FAILED:
		break;
	}
	return d->state;
}

/* Before main is there all wait for the first that is not live. */
static void
step_all(struct init *init)
{
	struct servers *s = &init->servers;

	for (int i = 0; i < s->count && !main_is_stopping(&init->life); i++) {
		struct declared *d = &s->declared[i];

		d->state = next_state(d, init);
		if (d->state == SERVER_FAILED && s->live)
			stop_main(init);
		s->failed |= d->state == SERVER_FAILED;
		if (!s->live && d->state != SERVER_LIVE)
			return;
	}
	s->live |= !main_is_stopping(&init->life);
}

static long long
next_look(struct init *init)
{
	long long next = NEVER;

	for (int i = 0; i < init->servers.count; i++) {
		const struct declared *d = &init->servers.declared[i];

		if (d->state == SERVER_STARTING)
			next = earlier(next, server_next_look(d, init));
	}
	return next;
}

bool
servers_are_starting(const struct servers *s)
{
	for (int i = 0; i < s->count; i++)
		if (s->declared[i].state == SERVER_STARTING)
			return true;
	return false;
}

static void
say_stopped(struct init *init)
{
	for (int i = 0; i < init->servers.count; i++)
		if (init->servers.declared[i].state == SERVER_STARTING)
			log_line(&init->view.log, LOG_WARNING,
			    "stopped while server '%s' was starting",
			    init->servers.declared[i].command);
	init->servers.failed = true;
}

void
servers_step(struct init *init)
{
	struct servers *s = &init->servers;

	s->next_at = NEVER;
	if (s->count == 0 || s->failed || init->life.state == LIFE_ENDED)
		return;
	if (main_is_stopping(&init->life)) {
		s->next_at = init->life.stopping_until;
		if (!s->live)
			say_stopped(init);
		return;
	}
	look_who_is_dead(&init->view);
	step_all(init);
	s->next_at = next_look(init);
}

void
servers_ended(struct servers *servers, const struct ending *ending)
{
	for (int i = 0; i < servers->count; i++)
		if (servers->declared[i].pid == ending->pid) {
			servers->declared[i].pid = 0;
			servers->declared[i].ending = *ending;
		}
}

void
servers_plan(struct init *init)
{
	const struct options *o = &init->options;
	struct servers *s = &init->servers;

	s->next_at = NEVER;
	for (; o->server[s->count]; s->count++)
		s->declared[s->count].command = o->server[s->count];
	s->live = s->count == 0;
	if (s->live || !o->isolate || isolate_prepare() == 0)
		return;
	log_line(&init->view.log, LOG_ERROR,
	    "--isolate: mounts cannot be made shared: %s "
	    "(add CAP_SYS_ADMIN)",
	    error_text(errno));
	s->failed = true;
}
