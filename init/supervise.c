#include "init/supervise.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "init/forward.h"
#include "init/servers.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/discover.h"
#include "src/guardian.h"
#include "src/log.h"
#include "src/population.h"
#include "src/report.h"
#include "src/sandbox.h"
#include "src/signals.h"
#include "src/teardown.h"

/*
 * A server shows itself within milliseconds of its mount: fusermount3 mounts
 * first and passes the descriptor then. Looks are doubled from the first to
 * the last and then given up, and that is said: no guardian will be there if
 * init is killed. The teardown looks once more.
 */
#define FIRST_LOOK_MS 10
#define LAST_LOOK_MS 640
#define RESTART_LOOK_MS 50  /* at a server that was started again */
#define SUSPECT_LOOK_MS 200 /* a server that has exited: is it stuck? */

/* Reaping --------------------------------------------------------------- */

static void
note_ending(struct supervision *sv, const struct ending *ending)
{
	struct report_event event = {
		.kind = REPORT_END,
		.pid = ending->pid,
		.value = ending->code,
		.signalled = ending->signalled,
	};
	bool is_main = ending->pid == sv->main;

	if (is_main) {
		sv->ending = *ending;
		sv->ended = true;
		if (!sv->held_back)
			sv->report->start_ms = now_ms();
	}
	servers_ended(sv->servers, ending);
	population_disown(sv->population, ending->pid);
	log_line(sv->log,
	    sv->warn_on_reap && !is_main ? LOG_WARNING : LOG_DEBUG,
	    "reaped %s[%d]: %s %d", is_main ? "main" : "orphan", ending->pid,
	    ending->signalled ? "killed by signal" : "exited with",
	    ending->code);
	if (sv->ended || sv->held_back)
		report_add(sv->report, &event, is_main ? "main" : NULL, NULL);
}

static void
reap(struct supervision *sv)
{
	struct ending ending;

	while (reap_one(&ending) > 0)
		if (!sv->guardian ||
		    !guardian_ended(sv->guardian, &ending, sv->log))
			note_ending(sv, &ending);
	if (sv->guardian)
		guardian_continue(sv->guardian, sv->log);
}

bool
supervise_attend(void *context)
{
	struct supervision *sv = context;
	struct signalfd_siginfo s;
	bool stop = false;

	while (signals_read(sv->signals, &s))
		stop |= forward_is_stop((int)s.ssi_signo);
	reap(sv);
	return stop;
}

static void
attend(struct supervision *sv)
{
	struct signalfd_siginfo s;
	bool children = false;

	while (signals_read(sv->signals, &s)) {
		children |= s.ssi_signo == SIGCHLD;
		if (forward_is_wanted(&s))
			forward_to_main(sv, &s);
	}
	if (children) {
		reap(sv);
		servers_check(sv->servers, sv);
	}
}

/* FUSE ------------------------------------------------------------------ */

/*
 * True while somebody's mount has no server that we know: time for another
 * look.
 */
static bool
look_for_servers(struct supervision *sv)
{
	if (!discover_mounts(sv->registry, sv->mountinfo))
		return false;
	discover_servers(sv->registry, sv->population, sv->fusectl, false);
	return discover_mounts(sv->registry, sv->mountinfo);
}

/* Private mounts were made by somebody in here; who is hidden from us. */
void
supervise_tell_unseen(struct supervision *sv)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &sv->registry->connection[i];

		if (!c->used || c->ours || c->shared || !c->mounted ||
		    c->told || !sv->population->everybody)
			continue;
		c->told = true;
		log_line(sv->log, LOG_WARNING,
		    "connection %u was mounted while main ran, but its server "
		    "is not seen: left alone (every server is seen with "
		    "CAP_SYS_PTRACE)",
		    c->id);
	}
}

/*
 * Deadlines, not timeouts: a storm of signals must not put off the looks for
 * what has no event of its own.
 */
static void
search(struct supervision *sv)
{
	bool missing = look_for_servers(sv);

	sv->search_at = NEVER;
	if (missing && sv->search_ms > LAST_LOOK_MS)
		supervise_tell_unseen(sv);
	else if (missing) {
		sv->search_at = now_ms() + sv->search_ms;
		sv->search_ms *= 2;
	}
}

static bool
all_served(const struct registry *r)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if ((registry_ours(r) & UINT64_C(1) << i) &&
		    !registry_served(r, UINT64_C(1) << i))
			return false;
	return true;
}

static void
check(struct supervision *sv)
{
	int next;

	registry_forget_dead(sv->registry, sv->population);
	if (!all_served(sv->registry))
		(void)look_for_servers(sv);
	servers_check(sv->servers, sv);
	next = teardown_abort_exited(sv->teardown) ? SUSPECT_LOOK_MS :
						     sv->server_check_ms;
	sv->check_at = next == 0 ? NEVER : now_ms() + next;
}

static void
enter_sandbox(struct supervision *sv)
{
	sv->sandbox_at = NEVER;
	sandbox_enter(sv->log);
}

/* The guardian is forked inside of the sandbox: what comes later is not its. */
void
supervise_guard(struct supervision *sv)
{
	if (!sv->guardian)
		return;
	if (sv->sandbox_at != NEVER)
		enter_sandbox(sv);
	guardian_start(sv->guardian, sv->log);
}

/* With the first connection of ours the check and the guardian begin. */
static void
guard(struct supervision *sv)
{
	bool ours = registry_ours(sv->registry) != 0;

	if (ours)
		supervise_guard(sv);
	if (sv->servers->restarting) {
		if (sv->check_at > now_ms() + RESTART_LOOK_MS)
			sv->check_at = now_ms() + RESTART_LOOK_MS;
	} else if (!ours || sv->server_check_ms == 0)
		sv->check_at = NEVER;
	else if (sv->check_at == NEVER)
		sv->check_at = now_ms() + sv->server_check_ms;
}

static int
timeout_ms(const struct supervision *sv, long long deadline)
{
	if (sv->search_at < deadline)
		deadline = sv->search_at;
	if (sv->check_at < deadline)
		deadline = sv->check_at;
	if (sv->sandbox_at < deadline)
		deadline = sv->sandbox_at;
	return deadline == NEVER ? -1 : ms_until(deadline);
}

static bool
is_due(long long deadline)
{
	return deadline != NEVER && ms_until(deadline) == 0;
}

bool
supervise_step(struct supervision *sv, long long deadline_ms)
{
	struct pollfd polled[] = {
		{ .fd = sv->signals, .events = POLLIN },
		/* Mounts were changed: mounts_poll(), fs/proc_namespace.c. */
		{ .fd = sv->mountinfo, .events = POLLPRI },
	};

	if (poll(polled, 2, timeout_ms(sv, deadline_ms)) < 0)
		return !is_due(deadline_ms);
	if (polled[0].revents)
		attend(sv);
	if (polled[1].revents) {
		sv->registry->changed = true;
		sv->search_ms = FIRST_LOOK_MS;
		search(sv);
	} else if (is_due(sv->search_at))
		search(sv);
	if (is_due(sv->check_at))
		check(sv);
	if (polled[1].revents)
		servers_check(sv->servers, sv);
	guard(sv);
	if (is_due(sv->sandbox_at))
		enter_sandbox(sv);
	return !is_due(deadline_ms);
}

void
supervise(struct supervision *sv)
{
	while (!sv->ended && !sv->held_back)
		(void)supervise_step(sv, NEVER);
}
