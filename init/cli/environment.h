/* The environment: FINI_*, and tini's TINI_*, for every option of the table. */
#ifndef FINI_ENVIRONMENT_H
#define FINI_ENVIRONMENT_H

struct option;
struct options;

/*
 * The option that this NAME=VALUE sets, and the value: FINI_NAME, or TINI_NAME
 * of those that tini has. NULL if it is none.
 */
const struct option *option_of(const struct option *table, const char *variable,
    const char **value);

/* The value of FINI_SERVER_n=VALUE, and n; NULL if it is none. */
const char *numbered_server(const char *variable, unsigned long long *number);

/*
 * Sets what the environment says; the command line is read after it, and wins.
 * 0, or -1: one line was written to stderr. An empty FINI_ variable says
 * nothing: that is how one takes back what an image sets.
 */
int environment_read(struct options *options, const struct option *table,
    char **environment);

#endif
