/* One thing that happens in a teardown, and how it reads: in words, as JSON. */
#ifndef FINI_EVENT_H
#define FINI_EVENT_H

#include <stdbool.h>
#include <sys/types.h>

struct text;

enum event_kind {
	EVENT_PHASE,   /* what: its name */
	EVENT_SIGNAL,  /* pid; value: the signal */
	EVENT_END,     /* pid; value: status as struct ending has it */
	EVENT_UNMOUNT, /* connection; what: the result */
	EVENT_ABORT,   /* connection, pid of a server, point, why; value: enum
			  abort_step, what: its name */
	EVENT_DRAIN,   /* value: requests in flight when it began */
	EVENT_STUCK    /* pid; what: the kernel function; connection, why */
};

struct event {
	enum event_kind kind;
	int ms; /* since main's exit */
	pid_t pid;
	unsigned connection;
	int value;
	bool signalled;	  /* EVENT_END: value is a signal */
	bool lacks_admin; /* EVENT_ABORT: CAP_SYS_ADMIN would have helped */
	const char *why;
	char comm[16];
	char what[24];
	char point[128]; /* a mount point, for people */
};

/* Cuts `text` to fit into an event's comm, what or point. */
void event_say(char *field, unsigned size, const char *text);

/* In words, without the moment: "SIGTERM to app[12]". */
void event_put(struct text *text, const struct event *event);

/*
 * As one JSON object, a line. What is in its strings must be plain already: a
 * quote is not escaped.
 */
void event_put_json(struct text *text, const struct event *event);

#endif
