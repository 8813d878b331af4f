#include "init/watch.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include "init/guardian.h"
#include "init/init.h"
#include "init/limits.h"
#include "init/servers.h"
#include "src/base/clock.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"
#include "src/fuse/whose.h"

/*
 * True while somebody's mount has no server: time for another look. What was
 * detached at once has left nothing but a connection.
 */
static bool
look_again(struct view *v)
{
	v->eyes.blinds = 0;
	if (!look_at_mounts(v) && !look_has_news(v))
		return false;
	look_for_servers(v, false);
	return look_at_mounts(v);
}

/* Private mounts were made by somebody in here; who is hidden from us. */
void
watch_tell_unseen(struct init *init)
{
	if (!init->view.people.everybody)
		return;
	for (int i = 0; i < init->view.registry.connections; i++) {
		struct connection *c = &init->view.registry.connection[i];

		if (c->server.unseen_told || !whose_is_unseen(c))
			continue;
		c->server.unseen_told = true;
		log_line(&init->view.log, LOG_WARNING,
		    "connection %u was mounted while main ran, but its server "
		    "is not seen: left alone%s",
		    c->id,
		    prctl(PR_CAPBSET_READ, (unsigned long)CAP_SYS_PTRACE) == 1 ?
			"" :
			" (every server is seen with CAP_SYS_PTRACE)");
	}
}

/*
 * A server shows itself within milliseconds of its mount: fusermount3 mounts
 * first and passes the descriptor then. If it does not, that is said: no
 * guardian will be there if init is killed. The teardown looks once more. While
 * a --server is starting the mount may be its, however long that takes.
 * Deadlines, not timeouts: a storm of signals must not put off the looks for
 * what has no event of its own.
 */
static void
search(struct init *init)
{
	struct watch *w = &init->watch;
	bool missing = look_again(&init->view);

	w->search_at = NEVER;
	if (!missing)
		return;
	if (w->search_ms <= LAST_LOOK_MS ||
	    servers_are_starting(&init->servers)) {
		w->search_at = now_ms() + w->search_ms;
		if (w->search_ms <= LAST_LOOK_MS)
			w->search_ms *= 2;
	} else
		watch_tell_unseen(init);
}

void
watch_mounts(struct init *init)
{
	init->view.registry.changed = true;
	init->watch.search_ms = FIRST_LOOK_MS;
	search(init);
}

static bool
all_served(struct registry *r)
{
	struct set ours = registry_ours(r);

	set_each(i, &ours)
		if (!registry_server_of(r, i))
			return false;
	return true;
}

static void
check(struct init *init)
{
	int next = init->options.server_check_ms;

	guardian_check(&init->guardian, &init->view);
	pid1_tell(&init->guardian.pid1, &init->view);
	look_who_is_dead(&init->view);
	if (!all_served(&init->view.registry))
		(void)look_again(&init->view);
	if (teardown_abort_exited(&init->teardown))
		next = SUSPECT_LOOK_MS;
	init->watch.check_at = next == 0 ? NEVER : now_ms() + next;
}

bool
watch_tick(struct init *init)
{
	bool searches = is_due(init->watch.search_at);
	bool checks = is_due(init->watch.check_at);

	if (searches)
		search(init);
	if (checks)
		check(init);
	return searches || checks;
}

void
watch_guard(struct init *init)
{
	struct watch *w = &init->watch;
	int check_ms = init->options.server_check_ms;

	if (!registry_any_ours(&init->view.registry)) {
		w->check_at = NEVER;
		return;
	}
	guardian_start(&init->guardian, &init->view);
	if (w->check_at == NEVER && check_ms != 0)
		w->check_at = now_ms() + check_ms;
}
