/* What is most likely a slip in the options, and no error. */
#ifndef FINI_HINTS_H
#define FINI_HINTS_H

#include "init/cli/options.h"
#include "src/base/log.h"

/*
 * A line for every FINI_ variable that sets nothing, but for those that others
 * set: Kubernetes beside a service that is called fini, and images that note
 * their version.
 */
void hint_variables(const struct option *table, char **environment,
    struct log *log);

/* A line if a command is written for a shell; NULL is no command. */
void hint_shell(const char *option, const char *command, struct log *log);

#endif
