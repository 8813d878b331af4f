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

/* Main gets it as it was, and init closes it. */
struct inherited {
	struct signal_state signals;
	struct stdio stdio;
	struct gate closed; /* it is, in init: main may run */
};

/* What is large comes last: offsets below 128 take a byte of code, not four. */
struct init {
	int signals; /* signals_open()'s */
	struct life life;
	struct watch watch;
	long long sandbox_at; /* when to enter it, or NEVER */
	struct guardian guardian;
	struct options options;
	struct inherited inherited;
	struct servers servers; /* that init starts itself */
	struct report report;
	struct teardown teardown;
	struct view view;
};

#endif
