/* Every option that sets something: its names, its kind, its place. */
#ifndef FINI_OPTION_TABLE_H
#define FINI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG,
	OPTION_COUNT,
	OPTION_NUMBER,
	OPTION_SIGNAL,
	OPTION_STATUSES,
	OPTION_DURATION,
	OPTION_CHOICE,
	OPTION_TEXT,
	OPTION_TEXTS /* repeatable: an array of `most`, then NULL */
};

struct option {
	char letter; /* 0: only the long form */
	bool tini;   /* TINI_NAME is read too */
	enum option_kind kind;
	size_t offset;	  /* of the field in struct options */
	const char *name; /* --name, and FINI_NAME */
	const char *argument;
	const char *help;
	int most; /* OPTION_TEXTS: how often it may be given */
};

extern const struct option option_table[];
extern const size_t option_count;

/* What holds where nothing is said. */
extern const struct options option_defaults;

#endif
