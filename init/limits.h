/*
 * Times that must fit into each other, all in milliseconds. Where every process
 * ends on its own, none of them is waited for.
 */
#ifndef FINI_LIMITS_H
#define FINI_LIMITS_H

/*
 * Defaults of options. All of them together, abort-wait twice and the last
 * unmounts, stay under the ten seconds that docker stop gives (and Kubernetes'
 * thirty); so does patience.
 */
#define CLIENT_GRACE_MS 2000
#define CLIENT_KILL_MS 1500
#define DRAIN_MS 1000
#define SERVER_GRACE_MS 3000
#define ABORT_WAIT_MS 500
#define DETACH_MS 500 /* unmounting what is left of dead connections */
#define PATIENCE_MS 8500
_Static_assert(CLIENT_GRACE_MS + CLIENT_KILL_MS + DRAIN_MS + SERVER_GRACE_MS +
	    2 * ABORT_WAIT_MS + DETACH_MS <
	10000,
    "docker stop kills after ten seconds");
_Static_assert(PATIENCE_MS + 2 * ABORT_WAIT_MS < 10000, "likewise");

/* The report of all that, if its reader is too slow. */
#define REPORT_WRITE_MS 400
_Static_assert(CLIENT_GRACE_MS + CLIENT_KILL_MS + DRAIN_MS + SERVER_GRACE_MS +
	    2 * ABORT_WAIT_MS + DETACH_MS + REPORT_WRITE_MS <
	10000,
    "likewise");

#define SERVER_CHECK_MS 2000
#define SERVER_READY_MS 30000
#define BEFORE_SERVERS_MS 5000

/* The guardian's budget, and what it is shared out to, in tenths. */
#define KILL_BUDGET_MS 2000
#define KILL_SPARE_MS 700 /* beyond it, before SIGKILL ends the guardian */
_Static_assert(REPORT_WRITE_MS < KILL_SPARE_MS, "it writes a report, too");
#define KILL_CLIENTS 4
#define KILL_DRAIN 1
#define KILL_SERVERS 4
#define KILL_ABORT 1
#define KILL_PATIENCE 9 /* for servers that store, if no other phase needs it */
_Static_assert(KILL_CLIENTS + KILL_DRAIN + KILL_SERVERS + KILL_ABORT == 10,
    "tenths");

/* The guardian, before that. */
#define GUARDIAN_WAKE_MS 1000	/* stopped once, it goes on after this long */
#define GUARDIAN_HELD_MS 2000	/* stopped again and again, it is killed */
#define GUARDIAN_QUIET_MS 60000 /* then it counts as once again */
#define GUARDIAN_HURRY_MS 100	/* then it is woken more often, ... */
#define GUARDIAN_WORK_MS 2	/* ... in its work even more */
#define GUARDIAN_AGAIN_MS 2	/* between two SIGCONTs of init's */
#define GUARDIAN_PAUSE_MS 10	/* before it is tried again, doubled ... */
#define GUARDIAN_PAUSE_MOST_MS 60000 /* ... up to this */
#define GUARDIAN_TOLD_MS 100	     /* when pauses are longer, it is said */
_Static_assert(2 * GUARDIAN_HELD_MS > 3 * GUARDIAN_WAKE_MS,
    "it is renewed in time");

/*
 * While main runs. A main that is still there after Kubernetes' thirty seconds
 * has survived the stop signal; docker's ten are over by then.
 */
#define STOP_SURVIVED_MS 30000
#define INTERRUPT_SURVIVED_MS 2000 /* SIGINT, SIGQUIT: most go on */
#define FIRST_LOOK_MS 10    /* for the server of a new mount, doubled ... */
#define LAST_LOOK_MS 640    /* ... up to this; then it is given up */
#define SUSPECT_LOOK_MS 200 /* at a server that has exited: is it stuck? */
#define SANDBOX_AFTER_MS 50 /* a main that ends earlier does not pay for it */
#define ANSWER_LOOK_MS 10   /* whether a --server has answered FUSE_INIT */
#define PROGRESS_MS 5000    /* between lines about the server not ready yet */
#define LEFT_BEHIND_MS 500  /* unmounting what a --server has left behind */
#define REPORT_OPEN_MS 1000
#define CLOSE_MS 200 /* an inherited file, by one of CLOSERS children */
#define CLOSERS 8
#define CLOSED_MS 50 /* main waits for that closing at most */

/* In a teardown. */
#define TICK_MS 100	  /* between looks at what no event tells */
#define UNTOLD_TICK_MS 20 /* where not even a death is told */
#define DRAIN_TICK_MS 2	  /* and DRAINED looks in a row find nothing */
#define DRAIN_LOOK_MS \
	10	  /* between looks at servers, while there is something */
#define DRAINED 3 /* in flight: exiting tasks send their last late */
#define SELF_WAIT_MS 400 /* a server that waits this long waits for itself */
#define NOTHING_TO_SERVE_MS 500 /* for a server whose connections are gone */
#define WAVE_LEAST_MS 500 /* kept from busy servers, for each later wave */
#define STAGGERS 4	  /* groups of a wave, told one after the other ... */
#define STAGGER_MS 150	  /* ... when those before are dead, or so much later */
#define STAGGER_LOOK_MS 20 /* between looks meanwhile */
#define QUICK_MS 200	   /* a wave is looked at that often for this long */
#define LAST_FORCE_MS 200  /* of the last act, for what is not pinned */
#define LOOK_STALL_MS 300  /* a look without progress: a process holds it up */
#define LOOK_MOST_MS 2000
#define SHARE_LEAST_MS 200
#define HELPERS_LEAST_MS 200 /* however late it is */
#define SIDELINE_MS 300 /* unmounted, idle this long, and catches SIGTERM */
#define SIDELINE_BUSY_MS 1000 /* gets it; or, if busy, after this long */
#define GRACE_LEAST_MS 1000   /* for all of them, however late it is */
#define RESERVE_MS 1500	      /* of patience, for drain and servers */
#define PAUSE_MS 2000	      /* a server that has not run this long is idle */
#define GONE_MS 50	      /* for the last reference to be dropped */
#define GONE_TICK_MS 5
#define LINGER_TICK_MS 100
#define AGAIN_MS 200	  /* between two runs of --before-servers */
#define FOREIGN_LOOK_MS 5 /* between looks at foreign connections */
#define FOREIGN_LOOKS 20

#endif
