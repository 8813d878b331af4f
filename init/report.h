/*
 * What happens in a teardown, told once: as a line of the log, and in the
 * report, a timeline that is kept while it runs and written when it is over, so
 * that nothing waits for a reader in between.
 */
#ifndef FINI_REPORT_H
#define FINI_REPORT_H

#include <stdbool.h>

#include "init/event.h"
#include "src/base/log.h"

#define REPORT_EVENTS 200 /* more are counted, not kept */

struct people;
struct view;

struct report {
	const char *name;
	int fd;	   /* -1: none is wanted */
	int error; /* why it could not be opened */
	bool json;
	bool written;
	long long start_ms;
	unsigned count; /* may be greater than REPORT_EVENTS */
	struct event event[REPORT_EVENTS];
};

/*
 * Opens the file that `name` says ("-": stderr), in a child that shares our
 * descriptors, so that a path which does not answer costs `deadline_ms` and no
 * more. *report must lie in memory that a child shares (MAP_SHARED). 0, or -1
 * and errno; ETIMEDOUT.
 */
int report_open(struct report *report, struct people *people, const char *name,
    int deadline_ms);

/*
 * Notes an event for the report. What has a pid and no comm gets the one that
 * it had in an earlier event: the dead have none in /proc.
 */
void report_add(struct report *report, const struct event *event);

/*
 * The same, and one line of the log: "fini: teardown: SIGTERM to app[12]".
 * `where` is what stands before it ("teardown: ", or "").
 */
void report_event(struct view *view, enum log_level level, const char *where,
    const struct event *event);

/*
 * Writes all of it, once: a screen of text, or one JSON object a line. A child
 * does, since a pipe, a terminal or a disk may keep its writer waiting; after
 * `deadline_ms` that is given up, and said.
 */
void report_write(struct report *report, struct view *view, int status,
    int deadline_ms);

#endif
