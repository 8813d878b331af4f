#include "init/event.h"

#include "src/base/signals.h"
#include "src/base/text.h"

void
event_say(char *field, unsigned size, const char *text)
{
	struct text t = text_over(field, size);

	text_format(&t, "%s", text);
}

static void
put_signal(struct text *t, int number)
{
	const char *name = signal_name(number);

	if (name)
		text_format(t, "%s", name);
	else
		text_format(t, "signal %d", number);
}

static void
put_end(struct text *t, const struct event *e)
{
	text_format(t, "%s[%d] ", e->comm, e->pid);
	if (e->signalled) {
		text_format(t, "killed by ");
		put_signal(t, e->value);
	} else
		text_format(t, "exited with %d", e->value);
}

static void
put_abort(struct text *t, const struct event *e)
{
	text_format(t, "%s connection %u (%s, ",
	    e->value ? "aborted" : "cannot abort", e->connection, e->point);
	if (e->pid)
		text_format(t, "%s[%d])", e->comm, e->pid);
	else
		text_format(t, "no server)");
	if (e->value)
		text_format(t, " by %s: %s", e->what, e->why);
	else
		text_format(t, ", %s%s", e->why,
		    e->lacks_admin ? ": add CAP_SYS_ADMIN" : "");
}

static void
put_stuck(struct text *t, const struct event *e)
{
	text_format(t, "left behind: %s[%d] waits in %s, on ", e->comm, e->pid,
	    e->what[0] ? e->what : "the kernel");
	if (e->connection)
		text_format(t, "connection %u, ", e->connection);
	text_format(t, "%s", e->why);
}

void
event_put(struct text *t, const struct event *e)
{
	switch (e->kind) {
	case EVENT_PHASE:
		text_format(t, "%s", e->what);
		break;
	case EVENT_SIGNAL:
		put_signal(t, e->value);
		text_format(t, " to %s[%d]", e->comm, e->pid);
		break;
	case EVENT_END:
		put_end(t, e);
		break;
	case EVENT_UNMOUNT:
		text_format(t, "unmount of connection %u: %s", e->connection,
		    e->what);
		break;
	case EVENT_ABORT:
		put_abort(t, e);
		break;
	case EVENT_DRAIN:
		text_format(t, "%d requests in flight", e->value);
		break;
	case EVENT_STUCK:
		put_stuck(t, e);
		break;
	}
}

void
event_put_json(struct text *t, const struct event *e)
{
	static const char kinds[][8] = {
		[EVENT_PHASE] = "phase",
		[EVENT_SIGNAL] = "signal",
		[EVENT_END] = "end",
		[EVENT_UNMOUNT] = "unmount",
		[EVENT_ABORT] = "abort",
		[EVENT_DRAIN] = "drain",
		[EVENT_STUCK] = "stuck",
	};

	text_format(t, "{\"ms\":%d,\"event\":\"%s\"", e->ms, kinds[e->kind]);
	if (e->pid)
		text_format(t, ",\"pid\":%d,\"comm\":\"%s\"", e->pid, e->comm);
	if (e->kind == EVENT_UNMOUNT || e->kind == EVENT_ABORT)
		text_format(t, ",\"connection\":%u", e->connection);
	if (e->kind == EVENT_SIGNAL || (e->kind == EVENT_END && e->signalled))
		text_format(t, ",\"signal\":%d", e->value);
	else if (e->kind == EVENT_END)
		text_format(t, ",\"status\":%d", e->value);
	else if (e->kind == EVENT_DRAIN)
		text_format(t, ",\"requests\":%d", e->value);
	if (e->what[0])
		text_format(t, ",\"what\":\"%s\"", e->what);
	text_format(t, "}\n");
}
