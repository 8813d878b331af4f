#include "init/server_start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init/former.h"
#include "init/init.h"
#include "init/isolate.h"
#include "init/limits.h"
#include "init/spawn.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"

/* Connections ---------------------------------------------------------------- */

/*
 * Connections of ours that belong to no declared server yet. A second mount of
 * one that has its first belongs to it.
 */
static struct set
unclaimed(struct init *init)
{
	struct registry *r = &init->view.registry;
	struct set claimed = { 0 }, rest = registry_ours(r);

	for (int i = 0; i < init->servers.count; i++)
		set_join(&claimed, &init->servers.declared[i].serves);
	each_server(s, r)
		if (set_meets(&s->serves, &claimed))
			set_cut(&rest, &s->serves);
	set_cut(&rest, &claimed);
	return rest;
}

/*
 * Nothing in flight: FUSE_INIT, the first request, is answered. Where fusectl
 * cannot be had the mount itself must do.
 */
static bool
answers(const struct registry *r, const struct set *connections)
{
	unsigned requests;

	set_each(i, connections)
		if (fusectl_waiting(&r->connection[i].pin, &requests) == 0 &&
		    requests > 0)
			return false;
	return true;
}

/*
 * One that was started again keeps its place among the others: those that are
 * configured over it, which nothing shows, were declared after it.
 */
static void
keep_place(struct declared *d, struct registry *r)
{
	each_server(s, r) {
		if (!set_meets(&s->serves, &d->serves))
			continue;
		if (d->newness == 0)
			d->newness = s->newness;
		s->newness = d->newness;
	}
}

/*
 * Somebody serves them; perhaps another than was seen first. A mount helper holds
 * /dev/fuse until it has passed it on, and who goes into the background leaves it
 * to a child: no event tells of either.
 */
static bool
is_served(struct view *v, const struct set *connections)
{
	if (registry_server_of_any(&v->registry, connections))
		return true;
	(void)look_at_mounts(v);
	look_for_servers(v, false);
	return registry_server_of_any(&v->registry, connections);
}

bool
server_is_served(const struct declared *d, struct view *v)
{
	return is_served(v, &d->serves);
}

static bool
has_come(struct declared *d, struct init *init)
{
	struct registry *r = &init->view.registry;
	struct set came = unclaimed(init);

	if (set_is_empty(&came) || !is_served(&init->view, &came) ||
	    !answers(r, &came))
		return false;
	d->serves = came;
	set_each(i, &came)
		r->connection[i].turn = (int)(d - init->servers.declared) + 1;
	keep_place(d, r);
	return true;
}

/* Starting ------------------------------------------------------------------- */

enum server_state
server_start(struct declared *d, struct init *init)
{
	bool isolate = init->options.isolate;

	d->serves = (struct set){ 0 };
	d->error = 0;
	d->started_at = now_ms();
	d->line_at = d->started_at + PROGRESS_MS;
	former_detach(&init->view, d->command);
	d->pid = spawn_command(d->command, &init->inherited.signals,
	    isolate ? isolate_enter : NULL, &d->error, &init->view.log);
	if (d->pid > 0)
		return SERVER_STARTING;
	d->pid = 0;
	log_line(&init->view.log, LOG_ERROR, "server '%s': %s", d->command,
	    errno == EINVAL ? "a quote that does not end, no words, or too "
			      "many" :
			      error_text(errno));
	return SERVER_FAILED;
}

/* What no server can be mounted without here, if it is that. */
static const char *
lacking(void)
{
	int fd = fd_open(AT_FDCWD, "/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return " (no /dev/fuse that opens: add --device /dev/fuse)";
	close(fd);
	/* Not our own: fusermount3 may get it by its setuid bit. */
	if (prctl(PR_CAPBSET_READ, (unsigned long)CAP_SYS_ADMIN) == 0)
		return " (no CAP_SYS_ADMIN: add --cap-add SYS_ADMIN)";
	return "";
}

/* It has gone into the background to mount, or it is gone. */
static const char *
exited(const struct declared *d)
{
	return d->pid == 0 ? " (it exited with 0)" : "";
}

static void
say_failed(const struct declared *d, struct init *init)
{
	struct log *log = &init->view.log;

	if (d->error != 0) {
		log_line(log, LOG_ERROR, "server '%s'%s: %s", d->command,
		    init->options.isolate && d->ending.code == 1 ?
			" cannot be isolated" :
			"",
		    error_text(d->error));
		return;
	}
	log_line(log, LOG_ERROR,
	    "server '%s' %s %d before its mount was live%s", d->command,
	    d->ending.signalled ? "was killed by signal" : "exited with",
	    d->ending.code, lacking());
}

static enum server_state
greet(struct declared *d, struct init *init, bool again)
{
	const char *why;

	if (init->options.isolate &&
	    (why = isolate_hide(&init->view, &d->serves)) != NULL) {
		log_line(&init->view.log, LOG_ERROR,
		    "server '%s' cannot be isolated: %s", d->command, why);
		return SERVER_FAILED;
	}
	if (again)
		log_line(&init->view.log, LOG_INFO, "server '%s' is live again",
		    d->command);
	else
		log_line(&init->view.log, LOG_INFO,
		    "server '%s' is live after %d ms", d->command,
		    (int)(now_ms() - d->started_at));
	return SERVER_LIVE;
}

enum server_state
server_await(struct declared *d, struct init *init)
{
	int ready_ms = init->options.server_ready_ms;
	struct log *log = &init->view.log;
	bool again = d->newness != 0;

	if (has_come(d, init))
		return greet(d, init, again);
	/* It ended by itself, and not by going into the background. */
	if (d->pid == 0 && (d->ending.signalled || d->ending.code != 0)) {
		say_failed(d, init);
		return SERVER_FAILED;
	}
	if (ms_until(d->started_at + ready_ms) == 0) {
		log_line(log, LOG_ERROR,
		    "server '%s': its mount is not live after %d ms%s%s",
		    d->command, ready_ms, exited(d), lacking());
		return SERVER_FAILED;
	}
	if (ms_until(d->line_at) == 0) {
		log_line(log, LOG_WARNING,
		    "server '%s': waiting for its mount, %d s%s", d->command,
		    (int)(now_ms() - d->started_at) / 1000, exited(d));
		d->line_at += PROGRESS_MS;
	}
	return SERVER_STARTING;
}

/* A line, the end, FUSE_INIT. */
long long
server_next_look(const struct declared *d, struct init *init)
{
	struct set came = unclaimed(init);
	long long next =
	    earlier(d->line_at, d->started_at + init->options.server_ready_ms);

	if (set_is_empty(&came))
		return next;
	return earlier(next,
	    now_ms() +
		(registry_server_of_any(&init->view.registry, &came) ?
			ANSWER_LOOK_MS :
			TICK_MS));
}
