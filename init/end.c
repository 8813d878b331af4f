#include "init/end.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "init/forward.h"
#include "init/init.h"
#include "init/limits.h"
#include "init/reap.h"
#include "init/watch.h"
#include "src/base/clock.h"
#include "src/base/pidfd.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"

/* It may be a server, and want another signal than they do. */
static void
tell_of_main(struct init *init)
{
	struct teardown *td = &init->teardown;

	td->main.pid = init->life.state == LIFE_ENDED ? 0 : init->life.main;
	td->main.signal = init->life.held_back ?
	    init->life.held_back :
	    main_stop_signal(&init->options);
}

/* It goes with PID 1, and until then it sees to it that PID 1 goes. */
static void
let_last_act(struct init *init)
{
	if (!init->view.people.everybody)
		teardown_disarm(&init->teardown);
}

/* By the guardian ------------------------------------------------------------ */

/* Clients get SIGKILL at once, as they would have from the kernel. */
static struct limits
limits_within(int budget_ms)
{
	return (struct limits){
		.client_kill_ms = budget_ms * KILL_CLIENTS / 10,
		.drain_ms = budget_ms * KILL_DRAIN / 10,
		.server_grace_ms = budget_ms * KILL_SERVERS / 10,
		.abort_wait_ms = budget_ms * KILL_ABORT / 10,
		.patience_ms = budget_ms * KILL_PATIENCE / 10,
		.most_ms = budget_ms,
	};
}

/*
 * While init is stopped in its exit: the teardown that init did not come to, or
 * did not finish.
 */
static void
act_for_init(void *context)
{
	struct init *init = context;
	struct view *v = &init->view;
	struct teardown *td = &init->teardown;
	int budget_ms = init->options.kill_budget_ms;
	struct limits limits = limits_within(budget_ms);

	td->last_act.pid = 0; /* init's is for init's limits */
	teardown_due(td, NEVER);
	if (registry_any_ours(&v->registry))
		teardown_arm(td, &limits);
	v->people.self = getpid();
	v->people.root_pidfd = pidfd_open(v->people.root);
	if (!td->reached.running)
		init->report.start_ms = now_ms();
	tell_of_main(init);
	td->events.fd = -1;
	td->events.attend = NULL; /* our signals are not init's */
	v->eyes.stall_ms = budget_ms / 20;
	v->eyes.most_ms = budget_ms * 3 / 10;
	log_line(&v->log, LOG_INFO, "init was killed: guardian[%d] acts",
	    v->people.self);
	(void)look_at_mounts(v);
	look_for_servers(v, true);
	if (registry_any_ours(&v->registry) || td->reached.running)
		teardown_run(td, &limits);
	let_last_act(init);
	report_write(&init->report, v, 128 + SIGKILL, REPORT_WRITE_MS);
}

/* By init -------------------------------------------------------------------- */

/* The sum of them is kept where nobody works, patience where somebody does. */
static int
most_of(const struct limits *l)
{
	int sum = l->client_grace_ms + l->client_kill_ms + l->drain_ms +
	    l->server_grace_ms + l->linger_ms;

	if (l->before_servers)
		sum += l->before_servers_ms;
	return (sum > l->patience_ms ? sum : l->patience_ms) +
	    2 * l->abort_wait_ms + DETACH_MS;
}

static struct limits
limits_of(const struct options *o)
{
	struct limits l = {
		.client_grace_ms = o->kill_grace_ms >= 0 ? o->kill_grace_ms :
							   o->client_grace_ms,
		.client_kill_ms = o->client_kill_ms,
		.drain_ms = o->drain_ms,
		.server_grace_ms = o->server_grace_ms,
		.abort_wait_ms = o->abort_wait_ms,
		.patience_ms = o->patience_ms,
		.linger_ms = o->linger_ms,
		.before_servers = o->before_servers,
		.before_servers_ms = o->before_servers_ms,
	};

	l.most_ms = most_of(&l);
	return l;
}

static struct limits
limits_in(const struct init *init)
{
	struct limits limits = limits_of(&init->options);

	/* Where main was stopped for a server nobody will come to end the wait. */
	limits.wait_for_clients = init->options.wait && init->life.status == 0;
	limits.told_before = main_is_stopping(&init->life);
	return limits;
}

/*
 * Without FUSE of ours there is none, as with tini: the kernel kills whoever
 * is left, and nobody can get stuck on a server that died.
 */
static void
tear_down(struct init *init)
{
	const struct options *o = &init->options;
	const struct life *life = &init->life;
	bool fuse = registry_any_ours(&init->view.registry);
	struct limits limits = limits_in(init);

	if (!fuse && o->kill_grace_ms < 0 && !o->wait && life->main != 0)
		return;
	init->teardown.events.fd = init->signals;
	init->teardown.events.attend = reap_attend;
	tell_of_main(init);
	if (fuse)
		guardian_start(&init->guardian, &init->view);
	teardown_run(&init->teardown, &limits);
	(void)reap(init);
}

bool
end_container(struct init *init)
{
	struct view *v = &init->view;
	struct life *life = &init->life;
	struct limits limits = limits_in(init);

	if (init->report.start_ms == 0)
		init->report.start_ms = now_ms(); /* main never was */
	if (!people_exist(&v->people)) {
		if (registry_any_ours(&v->registry)) {
			(void)look_at_mounts(v);
			teardown_detach(&init->teardown);
		}
		return true;
	}
	/* A guardian that is attached does not need the leave any more. */
	init->teardown.last_act.traces = init->guardian.attached;
	if (registry_any_ours(&v->registry))
		teardown_arm(&init->teardown, &limits);
	(void)look_at_mounts(v);
	look_for_servers(v, true);
	if (life->state == LIFE_HELD_BACK &&
	    !registry_serves(&v->registry, life->main)) {
		(void)signal_main(init, life->held_back);
		life->held_back = 0;
		life->state = LIFE_RUNNING;
		teardown_disarm(&init->teardown);
		return false;
	}
	watch_tell_unseen(init);
	tear_down(init);
	let_last_act(init);
	return true;
}

int
end_status(const struct init *init)
{
	const struct life *life = &init->life;
	int status = ending_status(&life->ending);

	if (life->status != 0)
		return life->status;
	if (life->state != LIFE_ENDED)
		status = 128 + SIGKILL; /* the teardown gave up on it */
	return init->options.remapped[status & 0xff] ? 0 : status;
}

void
end_plan(struct init *init)
{
	struct teardown *td = &init->teardown;

	/* It is zeroes: not assigned, as most of its pages are never used. */
	td->view = &init->view;
	td->limits = limits_of(&init->options);
	td->keep = init->options.keep;
	td->signals_before = &init->inherited.signals;
	/* Before it runs, the loop reads them. */
	td->events = (struct events){ .fd = -1, .context = init };
	init->guardian = (struct guardian){
		.refused = init->options.guard == GUARD_NEVER,
		.retry_at = NEVER,
		.budget_ms = init->options.kill_budget_ms,
		.act = act_for_init,
		.context = init,
	};
}
