#include "init/declared.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "init/servers.h"
#include "init/supervise.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/discover.h"
#include "src/fusectl.h"
#include "src/isolate.h"
#include "src/log.h"
#include "src/population.h"
#include "src/spawn.h"

/*
 * Connections of ours that belong to no declared server yet. A second mount of
 * one that has its first belongs to it.
 */
uint64_t
declared_unclaimed(const struct servers *servers, const struct registry *r)
{
	uint64_t claimed = 0, theirs = 0;

	for (int i = 0; i < servers->count; i++)
		claimed |= servers->declared[i].connections;
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 &&
		    (r->server[i].connections & claimed))
			theirs |= r->server[i].connections;
	return registry_ours(r) & ~claimed & ~theirs;
}

/*
 * Nothing in flight: FUSE_INIT, the first request, is answered. Where fusectl
 * cannot be had the mount itself must do.
 */
static bool
answers(const struct registry *r, uint64_t connections)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		unsigned requests;

		if ((connections & UINT64_C(1) << i) &&
		    fusectl_waiting(&r->connection[i].pin, &requests) == 0 &&
		    requests > 0)
			return false;
	}
	return true;
}

/*
 * One that was started again keeps its place among the others: those that are
 * configured over it, which nothing shows, were declared after it.
 */
static void
keep_place(struct declared *d, struct registry *r)
{
	for (int i = 0; i < SERVERS; i++) {
		struct server *s = &r->server[i];

		if (s->pid == 0 || !(s->connections & d->connections))
			continue;
		if (d->newness == 0)
			d->newness = s->newness;
		s->newness = d->newness;
	}
}

bool
declared_is_live(struct servers *servers, struct declared *d,
    struct supervision *sv)
{
	uint64_t came = declared_unclaimed(servers, sv->registry);

	if (came == 0 || !registry_served(sv->registry, came) ||
	    !answers(sv->registry, came))
		return false;
	d->connections = came;
	keep_place(d, sv->registry);
	return true;
}

/* It ended by itself, and not by going into the background. */
bool
declared_has_failed(const struct declared *d)
{
	return d->pid == 0 && (d->ending.signalled || d->ending.code != 0);
}

void
declared_say_failed(const struct servers *servers, const struct declared *d,
    struct log *log)
{
	if (d->error != 0) {
		log_line(log, LOG_ERROR, "server '%s'%s: %s", d->command,
		    servers->isolate && d->ending.code == 1 ?
			" cannot be isolated" :
			"",
		    strerror(d->error));
		return;
	}
	log_line(log, LOG_ERROR, "server '%s' %s %d before its mount was live",
	    d->command,
	    d->ending.signalled ? "was killed by signal" : "exited with",
	    d->ending.code);
}

void
declared_say_late(const struct servers *servers, const struct declared *d,
    struct log *log)
{
	log_line(log, LOG_ERROR,
	    "server '%s': its mount is not live after %d ms", d->command,
	    servers->ready_ms);
}

int
declared_start(struct servers *servers, struct declared *d,
    struct supervision *sv)
{
	d->connections = 0;
	d->error = 0;
	d->started_at = now_ms();
	d->pid = spawn_command(d->command, servers->signals,
	    servers->isolate ? isolate_enter : NULL, &d->error, sv->log);
	if (d->pid > 0)
		return 0;
	d->pid = 0;
	log_line(sv->log, LOG_ERROR, "server '%s': %s", d->command,
	    errno == EINVAL ? "a quote that does not end, no words, or too "
			      "many" :
			      strerror(errno));
	return -1;
}

static bool
is_held(const struct declared *d, const struct supervision *sv)
{
	const struct registry *r = sv->registry;

	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 &&
		    (r->server[i].connections & d->connections) &&
		    (registry_used_by(r, sv->population->proc,
			 r->server[i].pid) &
			d->connections))
			return true;
	return false;
}

/*
 * The mount is hidden as soon as it is seen. A server that was faster, and
 * holds a file of it already, is not what the user asked for.
 */
int
declared_hide(struct declared *d, struct supervision *sv)
{
	const char *why = "its mount did not come to us, or cannot be taken "
			  "from it (add CAP_SYS_ADMIN)";

	(void)discover_mounts(sv->registry, sv->mountinfo);
	discover_servers(sv->registry, sv->population, sv->fusectl, true);
	if (isolate_hide(sv->registry, sv->population, d->connections) == 0) {
		if (!is_held(d, sv))
			return 0;
		why = "it holds a file of its own mount already";
	}
	log_line(sv->log, LOG_ERROR, "server '%s' cannot be isolated: %s",
	    d->command, why);
	return -1;
}
