/* All that changes while init lives, and the end of its life. */
#ifndef FINI_INIT_H
#define FINI_INIT_H

#include <stdbool.h>

#include "init/options.h"
#include "init/servers.h"
#include "init/supervise.h"
#include "src/connection.h"
#include "src/descriptors.h"
#include "src/fusectl.h"
#include "src/guardian.h"
#include "src/log.h"
#include "src/population.h"
#include "src/report.h"
#include "src/signals.h"
#include "src/teardown.h"

/* In memory that its guardian shares. */
struct init {
	struct options options;
	struct log log;
	struct signal_state signals_before;
	struct stdio stdio;
	struct registry registry;
	struct population population;
	struct fusectl fusectl;
	struct report report;
	struct servers servers;
	struct supervision supervision;
	struct teardown teardown;
	struct guardian guardian;
};

/* What can be known of teardown and guardian before they are needed. */
void plan_end(struct init *init);

/*
 * Tears down, if there is anything to. False if there is nothing to finish
 * after all: a stop signal was held back for a server that, at a second look,
 * serves nothing any more; it has been sent on.
 */
bool finish(struct init *init);

/* What init exits with: main's status, or that a server could not serve. */
int final_status(const struct init *init);

#endif
