/* What any phase may do: signal one process, abort a connection. */
#include <signal.h>
#include <stddef.h>

#include "init/rights.h"
#include "init/teardown/phases.h"
#include "src/fuse/abort.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"

void
teardown_tell(struct teardown *td, enum log_level level,
    const struct event *event)
{
	report_event(td->view, level, td->reached.running ? "teardown: " : "",
	    event);
}

void
teardown_signal(struct teardown *td, pid_t pid, int pidfd, int number)
{
	struct people *p = &td->view->people;
	struct event event = { .kind = EVENT_SIGNAL, .pid = pid };

	if (pid == td->main.pid && number == SIGTERM && td->main.signal)
		number = td->main.signal;
	event.value = number;
	if (people_signal(p, pid, pidfd, number) < 0)
		return;
	proc_comm(p->proc, pid, event.comm);
	teardown_tell(td, LOG_INFO, &event);
}

static void
tell_abort(struct teardown *td, int connection, const char *why)
{
	struct view *v = td->view;
	const struct connection *c = &v->registry.connection[connection];
	const struct server *s = registry_server_of(&v->registry, connection);
	struct event event = {
		.kind = EVENT_ABORT,
		.connection = c->id,
		.value = c->result.abort,
		.lacks_admin =
		    c->result.abort == ABORT_NOT && !rights_may_unmount(),
		.why = why,
	};

	if (s) {
		event.pid = s->pid;
		event_say(event.comm, sizeof(event.comm), s->comm);
	}
	event_say(event.point, sizeof(event.point), c->here.point);
	event_say(event.what, sizeof(event.what),
	    abort_step_name((enum abort_step)c->result.abort));
	teardown_tell(td, LOG_WARNING, &event);
}

void
teardown_abort(struct teardown *td, const struct set *connections,
    const char *why)
{
	struct view *v = td->view;
	struct set open = registry_open(&v->registry);

	set_keep(&open, connections);
	if (set_is_empty(&open))
		return;
	look_at_points(v);
	abort_connections(v, &open, td->limits.abort_wait_ms);
	/* Unmounted, and only its server killed: it may have been over. */
	set_each(i, &open)
		if (v->registry.connection[i].here.mounted ||
		    v->registry.connection[i].result.abort != ABORT_KILL)
			tell_abort(td, i, why);
}

/* Somebody holds it, and nobody who does can answer any more. */
static bool
all_servers_exited(struct registry *r, int connection)
{
	bool any = false;

	each_server(s, r) {
		if (!set_has(&s->serves, connection))
			continue;
		if (!s->state.exited)
			return false;
		any = true;
	}
	return any;
}

bool
teardown_abort_exited(struct teardown *td)
{
	struct view *v = td->view;
	struct set open = registry_open(&v->registry), stuck = { 0 };
	bool suspect = false;

	look_at_servers(v, false);
	set_each(i, &open) {
		struct connection *c = &v->registry.connection[i];

		if (!all_servers_exited(&v->registry, i))
			c->exited_ticks = 0;
		else if (c->exited_ticks++ == 0)
			suspect = true;
		else
			set_add(&stuck, i);
	}
	teardown_abort(td, &stuck, "its server is stuck in its own exit");
	return suspect;
}
