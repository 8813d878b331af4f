#include "src/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/descriptors.h"
#include "src/format.h"
#include "src/log.h"
#include "src/pidfd.h"
#include "src/signals.h"

#define LINE_SIZE 256

static const char *const kinds[] = {
	[REPORT_PHASE] = "phase",
	[REPORT_SIGNAL] = "signal",
	[REPORT_END] = "end",
	[REPORT_UNMOUNT] = "unmount",
	[REPORT_ABORT] = "abort",
	[REPORT_DRAIN] = "drain",
	[REPORT_STUCK] = "stuck",
};

/*
 * CLONE_FILES: the descriptor that the child opens is ours as well; it tells
 * us its number through *report, which we share.
 */
static void
open_in_child(struct report *r, const char *name, int deadline_ms)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL,
	    NULL, NULL);
	struct pollfd end = { .fd = -1, .events = POLLIN };
	siginfo_t info = { .si_pid = 0 };

	if (pid < 0) {
		r->error = errno;
		return;
	}
	r->error = ETIMEDOUT;
	if (pid == 0) {
		int fd = descriptor_above_stdio(open(name,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0644));

		r->error = fd < 0 ? errno : 0;
		r->fd = fd;
		_exit(0);
	}
	end.fd = pidfd_open(pid);
	(void)poll(&end, 1, deadline_ms);
	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
	if (end.fd >= 0)
		close(end.fd);
	if (info.si_pid == 0)
		kill(pid, SIGKILL);
}

int
report_open(struct report *r, const char *name, int deadline_ms)
{
	r->fd = -1;
	r->error = 0;
	if (strcmp(name, "-") == 0)
		r->fd = STDERR_FILENO;
	else
		open_in_child(r, name, deadline_ms);
	errno = r->error;
	return r->fd < 0 ? -1 : 0;
}

static void
copy(char *to, size_t size, const char *from)
{
	struct text t = text_over(to, size);

	text_format(&t, "%s", from ? from : "");
}

/* The dead have no name in /proc; who was signalled had one. */
static const char *
name_of(const struct report *r, pid_t pid)
{
	unsigned kept = r->count < REPORT_EVENTS ? r->count : REPORT_EVENTS;

	for (unsigned i = 0; i < kept; i++)
		if (r->event[i].pid == pid && r->event[i].comm[0])
			return r->event[i].comm;
	return "?";
}

void
report_add(struct report *r, const struct report_event *event, const char *comm,
    const char *what)
{
	struct report_event *e;

	if (r->fd < 0)
		return;
	if (event->pid && !comm)
		comm = name_of(r, event->pid);
	if (r->count++ >= REPORT_EVENTS)
		return;
	e = &r->event[r->count - 1];
	*e = *event;
	e->ms = (int)(now_ms() - r->start_ms);
	copy(e->comm, sizeof(e->comm), comm);
	copy(e->what, sizeof(e->what), what);
}

/* JSON strings: what cannot stand in one becomes '?'. */
static void
make_plain(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s > '~' ||
		    *s == '"' || *s == '\\')
			*s = '?';
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
put_time(struct text *t, int ms)
{
	for (int column = 100000; column > 1 && ms < column; column /= 10)
		text_format(t, " ");
	text_format(t, "%d ms  ", ms);
}

static void
put_text(struct text *t, const struct report_event *e)
{
	put_time(t, e->ms);
	switch (e->kind) {
	case REPORT_PHASE:
		text_format(t, "%s", e->what);
		break;
	case REPORT_SIGNAL:
		text_format(t, "  ");
		put_signal(t, e->value);
		text_format(t, " to %s[%d]", e->comm, e->pid);
		break;
	case REPORT_END:
		text_format(t, "  %s[%d] ", e->comm, e->pid);
		text_format(t, e->signalled ? "killed by " : "exited with ");
		if (e->signalled)
			put_signal(t, e->value);
		else
			text_format(t, "%d", e->value);
		break;
	case REPORT_UNMOUNT:
		text_format(t, "  unmount of connection %u: %s", e->connection,
		    e->what);
		break;
	case REPORT_ABORT:
		text_format(t, "  aborted connection %u by %s", e->connection,
		    e->what);
		break;
	case REPORT_DRAIN:
		text_format(t, "  %d requests in flight", e->value);
		break;
	case REPORT_STUCK:
		text_format(t, "  %s[%d] is stuck in %s", e->comm, e->pid,
		    e->what);
		if (e->connection)
			text_format(t, ", connection %u", e->connection);
		break;
	}
	text_format(t, "\n");
}

static void
put_json(struct text *t, const struct report_event *e)
{
	text_format(t, "{\"ms\":%d,\"event\":\"%s\"", e->ms, kinds[e->kind]);
	if (e->pid)
		text_format(t, ",\"pid\":%d,\"comm\":\"%s\"", e->pid, e->comm);
	if (e->kind == REPORT_UNMOUNT || e->kind == REPORT_ABORT)
		text_format(t, ",\"connection\":%u", e->connection);
	if (e->kind == REPORT_SIGNAL || (e->kind == REPORT_END && e->signalled))
		text_format(t, ",\"signal\":%d", e->value);
	else if (e->kind == REPORT_END)
		text_format(t, ",\"status\":%d", e->value);
	else if (e->kind == REPORT_DRAIN)
		text_format(t, ",\"requests\":%d", e->value);
	if (e->what[0])
		text_format(t, ",\"what\":\"%s\"", e->what);
	text_format(t, "}\n");
}

static void
write_line(const struct report *r, struct log *log, const struct text *line)
{
	/* A file of ours may wait for its disk; stderr for nobody. */
	if (r->fd == STDERR_FILENO)
		log_raw(log, line->start, (unsigned)line->used);
	else
		(void)!write(r->fd, line->start, line->used);
}

static void
write_exit(const struct report *r, struct log *log, int status,
    unsigned dropped)
{
	char buffer[LINE_SIZE];
	struct text line = text_over(buffer, sizeof(buffer));
	int ms = (int)(now_ms() - r->start_ms);

	if (r->json)
		text_format(&line,
		    "{\"ms\":%d,\"event\":\"exit\",\"status\":%d,"
		    "\"dropped\":%u}\n",
		    ms, status, dropped);
	else {
		put_time(&line, ms);
		text_format(&line, "exit with %d", status);
		if (dropped > 0)
			text_format(&line, " (%u more events)", dropped);
		text_format(&line, "\n");
	}
	write_line(r, log, &line);
}

void
report_write(struct report *r, int status)
{
	struct log log = { .fd = STDERR_FILENO };
	unsigned kept = r->count < REPORT_EVENTS ? r->count : REPORT_EVENTS;
	char buffer[LINE_SIZE];

	if (r->fd < 0 || r->written)
		return;
	r->written = true;
	for (unsigned i = 0; i < kept; i++) {
		struct report_event e = r->event[i];
		struct text line = text_over(buffer, sizeof(buffer));

		make_plain(e.comm);
		make_plain(e.what);
		if (r->json)
			put_json(&line, &e);
		else
			put_text(&line, &e);
		write_line(r, &log, &line);
	}
	write_exit(r, &log, status, r->count - kept);
}
