#include "init/servers.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>

#include "init/declared.h"
#include "init/supervise.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/discover.h"
#include "src/isolate.h"
#include "src/log.h"
#include "src/population.h"
#include "src/unmount.h"

#define PROGRESS_MS 5000 /* between lines that say who is waited for */
#define DETACH_MS 500	 /* for the unmount of what a dead one left */
#define ANSWER_MS 10	 /* between looks whether FUSE_INIT is answered */

/* The next moment to look: an event, FUSE_INIT, a line, the end. */
static long long
next_look(const struct servers *servers, const struct supervision *sv,
    long long line, long long deadline)
{
	long long next = line < deadline ? line : deadline;
	long long soon = now_ms() + ANSWER_MS;

	return declared_unclaimed(servers, sv->registry) && soon < next ? soon :
									  next;
}

static int
wait_until_live(struct servers *servers, struct declared *d,
    struct supervision *sv)
{
	long long start = now_ms(), deadline = start + servers->ready_ms;
	long long line = start + PROGRESS_MS;

	while (!declared_is_live(servers, d, sv)) {
		if (declared_has_failed(d)) {
			declared_say_failed(servers, d, sv->log);
			return -1;
		}
		if (sv->stopping) {
			log_line(sv->log, LOG_WARNING,
			    "stopped while server '%s' was starting",
			    d->command);
			return -1;
		}
		if (ms_until(deadline) == 0) {
			declared_say_late(servers, d, sv->log);
			return -1;
		}
		if (ms_until(line) == 0) {
			log_line(sv->log, LOG_WARNING,
			    "server '%s': waiting for its mount, %d s",
			    d->command, (int)(now_ms() - start) / 1000);
			line += PROGRESS_MS;
		}
		(void)supervise_step(sv,
		    next_look(servers, sv, line, deadline));
	}
	log_line(sv->log, LOG_INFO, "server '%s' is live after %d ms",
	    d->command, (int)(now_ms() - start));
	return 0;
}

int
servers_start(struct servers *servers, struct supervision *sv)
{
	if (servers->isolate && isolate_prepare() < 0) {
		log_line(sv->log, LOG_ERROR,
		    "--isolate: mounts cannot be made shared: %s "
		    "(add CAP_SYS_ADMIN)",
		    strerror(errno));
		return -1;
	}
	for (int i = 0; i < servers->count; i++) {
		struct declared *d = &servers->declared[i];

		if (declared_start(servers, d, sv) < 0 ||
		    wait_until_live(servers, d, sv) < 0 ||
		    (servers->isolate && declared_hide(d, sv) < 0))
			return -1;
	}
	servers->started = true;
	return 0;
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

static void
stop_main(struct servers *servers, struct supervision *sv)
{
	if (!servers->stopped_main)
		(void)kill(sv->main, SIGTERM);
	servers->stopped_main = true;
	sv->stopping = true;
}

/* What a dead server leaves would be in the way of the next: ENOTCONN. */
static void
start_again(struct servers *servers, struct declared *d, struct supervision *sv)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (d->connections & UINT64_C(1) << i)
			(void)unmount_connection(sv->population,
			    sv->registry->connection[i].id, MNT_DETACH, 0,
			    DETACH_MS);
	if (declared_start(servers, d, sv) < 0)
		stop_main(servers, sv);
	else
		d->lost = false;
}

static void
act_on_death(struct servers *servers, struct declared *d,
    struct supervision *sv)
{
	switch ((enum server_exit)servers->on_exit) {
	case SERVER_EXIT_STOP:
		stop_main(servers, sv);
		break;
	case SERVER_EXIT_IGNORE:
		break;
	case SERVER_EXIT_RESTART:
		start_again(servers, d, sv);
		break;
	}
}

/* One that was started again: does it serve now, or has it failed? */
static void
check_start(struct servers *servers, struct declared *d, struct supervision *sv)
{
	bool failed = false;

	if (declared_is_live(servers, d, sv)) {
		failed = servers->isolate && declared_hide(d, sv) < 0;
		log_line(sv->log, LOG_INFO, "server '%s' is live again",
		    d->command);
	} else if (declared_has_failed(d)) {
		declared_say_failed(servers, d, sv->log);
		failed = true;
	} else if (ms_until(d->started_at + servers->ready_ms) == 0) {
		declared_say_late(servers, d, sv->log);
		failed = true;
	} else
		servers->restarting = true;
	if (failed)
		stop_main(servers, sv);
}

/*
 * Who went into the background after its mount was live has left the serving to
 * a child that nobody has looked at yet.
 */
static bool
has_died(const struct declared *d, struct supervision *sv)
{
	if (registry_served(sv->registry, d->connections))
		return false;
	(void)discover_mounts(sv->registry, sv->mountinfo);
	discover_servers(sv->registry, sv->population, sv->fusectl, false);
	return !registry_served(sv->registry, d->connections);
}

void
servers_check(struct servers *servers, struct supervision *sv)
{
	static const char *const then[] = {
		[SERVER_EXIT_STOP] = "main is stopped",
		[SERVER_EXIT_IGNORE] = "main goes on",
		[SERVER_EXIT_RESTART] = "it is started again",
	};

	if (!servers->started || sv->ended || sv->stopping)
		return;
	registry_forget_dead(sv->registry, sv->population);
	servers->restarting = false;
	for (int i = 0; i < servers->count && !sv->stopping; i++) {
		struct declared *d = &servers->declared[i];

		if (d->connections == 0) {
			check_start(servers, d, sv);
		} else if (!d->lost && has_died(d, sv)) {
			d->lost = true;
			log_line(sv->log, LOG_WARNING, "server '%s' died: %s",
			    d->command, then[servers->on_exit]);
			act_on_death(servers, d, sv);
			servers->restarting |= d->connections == 0;
		}
	}
}
