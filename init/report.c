#include "init/report.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/fuse/view.h"

#define LINE_SIZE 512

/* Opening -------------------------------------------------------------------- */

struct opening {
	struct report *report;
	const char *name;
};

/* CLONE_FILES: the descriptor that the child opens is ours as well. */
static int
open_it(void *context)
{
	const struct opening *o = context;
	int fd = fd_above_stdio(fd_open(AT_FDCWD, o->name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC));

	o->report->error = fd < 0 ? errno : 0;
	o->report->fd = fd;
	return 0;
}

int
report_open(struct report *r, struct people *people, const char *name,
    int deadline_ms)
{
	struct opening o = { r, name };

	r->name = name;
	r->fd = -1;
	r->error = 0;
	if (strcmp(name, "-") == 0)
		r->fd = STDERR_FILENO;
	else if (people_child(people, open_it, &o, CLONE_FILES,
		     now_ms() + deadline_ms) == CHILD_LATE)
		r->error = ETIMEDOUT;
	errno = r->error;
	return r->fd < 0 ? -1 : 0;
}

/* Telling -------------------------------------------------------------------- */

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
report_add(struct report *r, const struct event *event)
{
	struct event *e;

	if (r->fd < 0 || r->count++ >= REPORT_EVENTS)
		return;
	e = &r->event[r->count - 1];
	*e = *event;
	e->ms = (int)(now_ms() - r->start_ms);
	if (e->pid && !e->comm[0])
		event_say(e->comm, sizeof(e->comm), name_of(r, e->pid));
}

void
report_event(struct view *v, enum log_level level, const char *where,
    const struct event *e)
{
	char buffer[LINE_SIZE];
	struct text line = text_over(buffer, sizeof(buffer));

	if ((int)level <= v->log.verbosity) {
		event_put(&line, e);
		log_line(&v->log, level, "%s%s", where, buffer);
	}
	if (v->report)
		report_add(v->report, e);
}

/* Writing -------------------------------------------------------------------- */

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
put_time(struct text *t, int ms)
{
	for (int column = 100000; column > 1 && ms < column; column /= 10)
		text_format(t, " ");
	text_format(t, "%d ms  ", ms);
}

static void
put_text(struct text *t, const struct event *e)
{
	put_time(t, e->ms);
	if (e->kind != EVENT_PHASE)
		text_format(t, "  ");
	event_put(t, e);
	text_format(t, "\n");
}

static void
write_line(const struct report *r, struct log *log, const struct text *line)
{
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

struct writing {
	const struct report *report;
	int status;
};

static int
write_all(void *context)
{
	const struct writing *w = context;
	const struct report *r = w->report;
	struct log log = { .fd = STDERR_FILENO };
	unsigned kept = r->count < REPORT_EVENTS ? r->count : REPORT_EVENTS;
	char buffer[LINE_SIZE];

	for (unsigned i = 0; i < kept; i++) {
		struct event e = r->event[i];
		struct text line = text_over(buffer, sizeof(buffer));

		make_plain(e.comm);
		make_plain(e.what);
		make_plain(e.point);
		if (r->json)
			event_put_json(&line, &e);
		else
			put_text(&line, &e);
		write_line(r, &log, &line);
	}
	write_exit(r, &log, w->status, r->count - kept);
	return 0;
}

/* Only what is written to stderr waits for nobody: log_raw(). */
void
report_write(struct report *r, struct view *v, int status, int deadline_ms)
{
	struct writing w = { r, status };
	int result;

	if (r->fd < 0 || r->written)
		return;
	r->written = true;
	result = r->fd == STDERR_FILENO ?
	    write_all(&w) :
	    people_child(&v->people, write_all, &w, 0, now_ms() + deadline_ms);
	if (result < 0)
		log_line(&v->log, LOG_WARNING, "report: %s: %s", r->name,
		    error_text(result == CHILD_LATE ? ETIMEDOUT : errno));
}
