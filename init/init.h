/* All that changes while init lives. In memory that its guardian shares. */
#ifndef FINI_INIT_H
#define FINI_INIT_H

#include "init/cli/options.h"
#include "init/guardian.h"
#include "init/life.h"
#include "init/report.h"
#include "init/stdio.h"
#include "init/teardown/teardown.h"
#include "src/base/gate.h"
#include "src/base/signals.h"
#include "src/fuse/view.h"

struct init {
	struct options options;
	struct view view;
	struct report report;
	struct signal_state signals_before;
	struct stdio stdio;
	int signals;	    /* signals_open()'s */
	struct gate closed; /* what init has inherited: main may run */
	struct life life;
	struct servers servers; /* that init starts itself */
	struct watch watch;
	long long sandbox_at; /* when to enter it, or NEVER */
	struct teardown teardown;
	struct guardian guardian;
};

#endif
