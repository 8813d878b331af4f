/*
 * The timeline of a teardown: kept while it runs, written when it is over, so
 * that nothing waits for a reader in between.
 */
#ifndef FINI_REPORT_H
#define FINI_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REPORT_EVENTS 200 /* more are counted, not kept */

enum report_kind {
	REPORT_PHASE,	/* what: its name */
	REPORT_SIGNAL,	/* pid, comm; value: the signal; 0: to `count` */
	REPORT_END,	/* pid, comm; value: status as reap.h's */
	REPORT_UNMOUNT, /* connection; what: the result */
	REPORT_ABORT,	/* connection; what: the ladder's step */
	REPORT_DRAIN,	/* value: requests in flight when it began */
	REPORT_STUCK	/* pid, comm; what: the kernel function */
};

struct report_event {
	int ms; /* since main's exit */
	enum report_kind kind;
	pid_t pid;
	unsigned connection;
	int value;
	bool signalled; /* REPORT_END: value is a signal */
	char comm[16];
	char what[24];
};

struct report {
	int fd;	   /* -1: none is wanted */
	int error; /* why it could not be opened */
	bool json;
	bool written;
	long long start_ms;
	unsigned count; /* may be greater than REPORT_EVENTS */
	struct report_event event[REPORT_EVENTS];
};

/*
 * Opens the file that `name` says ("-": stderr), in a child that shares our
 * descriptors, so that a path which does not answer costs `deadline_ms` and no
 * more. *report must lie in memory that a child shares (MAP_SHARED). 0, or -1
 * and errno; ETIMEDOUT.
 */
int report_open(struct report *report, const char *name, int deadline_ms);

/*
 * Notes an event; the strings may be NULL and are cut to fit. A process without
 * its comm gets the one it had in an earlier event.
 */
void report_add(struct report *report, const struct report_event *event,
    const char *comm, const char *what);

/* Writes all of it, once: a screen of text, or one JSON object a line. */
void report_write(struct report *report, int status);

#endif
