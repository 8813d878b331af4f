/* Third phase: servers, one by one. */
#include <signal.h>
#include <stddef.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/log.h"
#include "src/order.h"
#include "src/population.h"
#include "src/teardown_parts.h"

/*
 * For a server whose connections are aborted, and for one that was forked from
 * another holder, which is dead by then.
 */
#define NOTHING_TO_SERVE_MS 500

#define GRACE_LEAST_MS 1000
#define SHARE_LEAST_MS 200 /* of the servers' grace, for each */

static bool
is_dead(const struct teardown *td, const struct server *s)
{
	return s->pid == 0 || population_dead(td->population, s->pid, s->pidfd);
}

/* All that it served is aborted: what it still does is for nobody. */
static bool
is_aborted(const struct registry *r, const struct server *s)
{
	return s->connections != 0 && (s->connections & registry_open(r)) == 0;
}

static long long
earlier(long long a, long long b)
{
	return a < b ? a : b;
}

/* Waits until the server is dead or its time is over. */
static void
wait_for_server(struct teardown *td, struct server *s, long long deadline)
{
	long long waits_since = now_ms();
	bool aborted = false;

	while (!is_dead(td, s) && ms_until(deadline) > 0) {
		struct held held = {
			.pid = { s->pid },
			.pidfd = { s->pidfd },
			.count = 1,
			.borrowed = true,
		};

		if (teardown_wait(td, &held, deadline, NULL))
			break;
		(void)teardown_abort_exited(td);
		if (!s->second && !aborted)
			deadline = teardown_patience(td, deadline, 0);
		if (is_dead(td, s) || !teardown_waits_for_itself(td, s))
			waits_since = now_ms();
		else if (now_ms() - waits_since >= SELF_WAIT_MS)
			teardown_abort(td, s->connections,
			    "its server waits for itself");
		if (!aborted && is_aborted(td->registry, s)) {
			aborted = true;
			deadline =
			    earlier(deadline, now_ms() + NOTHING_TO_SERVE_MS);
		}
	}
	registry_forget_dead(td->registry, td->population);
}

/*
 * Unmounting comes first: it fails with EBUSY while anybody still uses the
 * mount, and if it does not, everything has been written back and the server
 * has seen its regular end. SIGTERM, once, is for those that stay; never
 * SIGHUP, which s3fs, rclone and juicefs give another meaning.
 */
static void
stop_server(struct teardown *td, struct server *s, long long deadline)
{
	if (is_dead(td, s))
		return;
	if (!s->told) {
		bool gone =
		    !s->second && teardown_unmount(td, s, ms_until(deadline));

		/* First, so that whoever goes on in our place knows. */
		s->told = true;
		if (!gone)
			teardown_signal(td, s->pid, s->pidfd, td->stop_signal);
	}
	if (s->second)
		deadline = earlier(deadline, now_ms() + NOTHING_TO_SERVE_MS);
	wait_for_server(td, s, deadline);
}

static uint64_t
mounted_inside(const struct registry *r, uint64_t connections)
{
	uint64_t inside = 0;

	for (int i = 0; i < r->mounts; i++) {
		const struct fuse_mount *m = &r->mount[i];

		if (m->connection < 0 ||
		    !(connections & UINT64_C(1) << m->connection))
			continue;
		for (int j = 0; j < r->mounts; j++)
			if (r->mount[j].id == m->parent &&
			    r->mount[j].connection >= 0)
				inside |= UINT64_C(1) << r->mount[j].connection;
	}
	return inside & ~connections;
}

struct queue {
	struct server *server[SERVERS];
	struct order_server key[SERVERS];
	int order[SERVERS];
	int count;
};

static void
find_order(struct teardown *td, struct queue *q)
{
	struct registry *r = td->registry;

	q->count = 0;
	for (int i = 0; i < SERVERS; i++) {
		struct server *s = &r->server[i];

		if (s->pid == 0)
			continue;
		q->server[q->count] = s;
		q->key[q->count++] = (struct order_server){
			.serves = s->connections,
			.uses =
			    registry_used_by(r, td->population->proc, s->pid) |
			    mounted_inside(r, s->connections),
			.newness = s->newness,
			.second = s->second,
		};
	}
	if (order_servers(q->key, q->count, q->order))
		log_line(td->log, LOG_INFO,
		    "teardown: servers use each other "
		    "in a cycle: the newest goes first");
}

/* Does it still have something to serve, beyond its share of the time? */
static bool
may_go_on(const struct registry *r, const struct server *s)
{
	return !s->second && !is_aborted(r, s);
}

static enum visit
stop_helper(pid_t pid, int pidfd, void *context)
{
	struct teardown *td = context;

	if (helpers_have(&td->helpers, pid))
		teardown_signal(td, pid, pidfd, SIGTERM);
	return VISIT_NEXT;
}

/*
 * The time that clients have taken beyond theirs, because servers worked, is
 * taken from the servers' grace: the sum stays what it is.
 */
static int
grace(const struct teardown *td)
{
	const struct teardown_limits *l = &td->limits;
	long long planned = l->client_grace_ms + l->client_kill_ms +
	    l->abort_wait_ms + l->drain_ms;
	long long over = now_ms() - td->started_at - planned;
	long long left = l->server_grace_ms - (over > 0 ? over : 0);

	if (left < GRACE_LEAST_MS)
		left = GRACE_LEAST_MS;
	return left < l->server_grace_ms ? (int)left : l->server_grace_ms;
}

/*
 * Each server has its share of what is left of the grace, so that a slow one
 * does not cost the others theirs; who needs more goes on beside the next.
 */
void
teardown_servers(struct teardown *td)
{
	long long deadline = now_ms() + grace(td) + td->linger_ms;
	struct queue q;

	find_order(td, &q);
	for (int i = 0; i < q.count; i++) {
		int share = ms_until(deadline) / (q.count - i);

		if (share < SHARE_LEAST_MS)
			share = SHARE_LEAST_MS;
		stop_server(td, q.server[q.order[i]], now_ms() + share);
	}
	for (int i = 0; i < q.count; i++)
		if (may_go_on(td->registry, q.server[q.order[i]]))
			wait_for_server(td, q.server[q.order[i]], deadline);
	if (td->helpers.count > 0)
		(void)population_each(td->population, stop_helper, td);
}
