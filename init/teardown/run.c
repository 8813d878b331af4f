/* The phases, one after the other. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/clock.h"

/* A stopped server would answer nobody. */
void
teardown_continue_servers(struct view *v)
{
	each_server(s, &v->registry)
		(void)people_signal(&v->people, s->pid, s->pidfd, SIGCONT);
}

static void
prepare(struct teardown *td)
{
	struct view *v = td->view;

	if (v->registry.overflow)
		log_line(&v->log, LOG_WARNING,
		    "more FUSE connections, mounts or servers than can be "
		    "remembered: some are only killed");
	teardown_continue_servers(v);
	teardown_find_helpers(td);
}

static const struct {
	char name[15];
	bool fuse; /* nothing to do without connections of ours */
	void (*run)(struct teardown *td);
} phases[] = {
	{ "prepare", true, prepare },
	{ "clients", false, teardown_clients },
	{ "drain", true, teardown_drain },
	{ "before-servers", true, teardown_before_servers },
	{ "servers", true, teardown_servers },
	{ "abort", true, teardown_abort_rest },
	{ "helpers", true, teardown_helpers },
	{ "kill", false, teardown_kill },
	{ "detach", true, teardown_detach },
	{ "verify", false, teardown_verify },
};

#define PHASES (sizeof(phases) / sizeof(phases[0]))

static void
begin(struct progress *p)
{
	if (!p->running)
		p->started_at = now_ms();
	p->running = true;
}

static void
run_phase(struct teardown *td, unsigned phase)
{
	struct event event = { .kind = EVENT_PHASE };

	event_say(event.what, sizeof(event.what), phases[phase].name);
	teardown_tell(td, LOG_DEBUG, &event);
	phases[phase].run(td);
}

static void
run_phases(struct teardown *td, bool fuse)
{
	for (; td->reached.phase < PHASES; td->reached.phase++) {
		unsigned phase = td->reached.phase;

		if ((fuse || !phases[phase].fuse) &&
		    (phases[phase].run != teardown_before_servers ||
			td->limits.before_servers))
			run_phase(td, phase);
		if (fuse)
			teardown_stand_by(td);
	}
}

void
teardown_run(struct teardown *td, const struct limits *limits)
{
	bool fuse = registry_any_ours(&td->view->registry);

	td->limits = *limits;
	begin(&td->reached);
	if (fuse && td->last_act.pid <= 0)
		teardown_arm(td, limits);
	run_phases(td, fuse);
}
