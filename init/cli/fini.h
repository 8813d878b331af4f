/*
 * The command line of fini itself: its options, what each means, what holds
 * where nothing is said, and what it says of itself. Another name that init is
 * called by has a file like this one: a table, a help, and their meaning.
 */
#ifndef FINI_CLI_FINI_H
#define FINI_CLI_FINI_H

#include "init/cli/options.h"

/*
 * Reads FINI_* and tini's TINI_* of the environment, then the command line,
 * which wins. Of --help and the like the text is written to stdout, of what is
 * wrong a line to stderr.
 */
enum options_result fini_options(struct options *options, char **argv,
    char **environment);

#endif
