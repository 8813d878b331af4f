/*
 * Who may be waiting for whom, when PID 1 is SIGKILLed: init
 * (init/loop.c, init/end.c), its guardian (init/guard.c, tracee.c) and the
 * kernel, while somebody outside kills, stops and continues them at any
 * moment.
 *
 *	who waits			for whom	and what ends it
 *	init in a stop			guardian	PTRACE_CONT, its death
 *	init in a group stop		the outside	SIGCONT, SIGKILL
 *	guardian in waitid()		init		a stop, zap
 *	guardian in act			servers		its budget, its SIGKILL
 *	guardian stopped		nobody		its timer's SIGCONT, init's
 *	guardian held			the outside	its timer's SIGKILL, init's
 *	guardian in await_leave()	a tracer, Yama	the next try
 *	kernel in zap			guardian	its SIGKILL
 *
 * The outside does what it likes, but only DEEDS times: so every run ends, and
 * "for ever" is a last state, in which nobody has a step left, not even a
 * timer. Whoever has one takes it some time; no other fairness is needed. Who is
 * held is stopped again and again, so fast that it comes to nothing in between,
 * and as long as it lives.
 *
 * tests/model/check says which properties hold, and which do not in a variant
 * where one rule is left out:
 *	NO_TIMER	endure() has none that continues
 *	NO_ALARM	act() sets none that ends it
 *	NO_END		beat() sets none
 *	NO_KILL		guardian_attend() only continues
 *	NO_RESTART	reap() does not tell guardian_ended()
 *	NO_REFUSAL	guardian_ended() starts another one always
 *	NO_LOOK		resume() continues without the look
 *	CONT_FIRST	watch() lets init go before it acts
 *	TOLD_LATE	stop_server() signals before it notes that it has
 *	LEAVE_TO_IT	init exits, and leaves what there is to do to its guardian
 *	ONE_TRY		seize() calls it a refusal that it may not yet
 * Two that do not hold of the code, and where they do:
 *	none_lost	with ATOMIC_LOOK: nothing comes between the look and
 *			PTRACE_CONT; no kernel has that
 *	never_held	where SIGKILL does not find a guardian that is held for
 *			a moment only, and never was before
 *
 * Not in it: servers (an act that does not end stands for those that do not
 * answer), SIGKILL of everybody at once, a mount made after main's end, a
 * stop signal that is held back, a fault of init's own, a clone(2) that fails.
 */
#define CLIENTS 0 /* phases of the teardown: those that differ here */
#define SERVERS 1
#define PHASES	2

#ifndef DEEDS
#define DEEDS 4 /* signals that the outside sends, to init and its guardian */
#endif

/* What init and guardian share --------------------------------------------- */

typedef guardian_t { bool has_pid, refused, dismissed, pestered, ending }
typedef teardown_t { byte phase }
typedef server_t { bool told }

guardian_t g;
teardown_t td;
server_t s;

/* Init, as the kernel has it ------------------------------------------------ */

mtype = {
	RUNS,
	DELIVERY_STOP,	/* ptrace_signal(): of a SIGSTOP, no other is unblocked */
	EVENT_STOP,	/* PTRACE_EVENT_STOP, do_jobctl_trap() */
	STOPPED,	/* do_signal_stop(), not traced */
	DYING,		/* do_group_exit() */
	EVENT_EXIT,	/* PTRACE_EVENT_EXIT, ptrace_event() in do_exit() */
	ZAP,		/* zap_pid_ns_processes() */
	GONE
};
mtype state = RUNS;
#define alive (state == RUNS || state == DELIVERY_STOP || \
	state == EVENT_STOP || state == STOPPED)
bool exit_code;		/* of a stop that the tracer has not fetched */
bool group_stop;	/* SIGNAL_STOP_STOPPED */
bool trapped_group;	/* the EVENT_STOP was for it: SIGSTOP, else SIGTRAP */
bool trap_notify, listening, stop_dequeued; /* JOBCTL_* */
bool sigstop;		/* pending */
bool sigchld;		/* pending, in the signalfd */
bool own_exit;
bool ptraced;
bool ptracer;		/* PR_SET_PTRACER */
byte yama;		/* 0: may trace, 1: with leave, 2: may not */
bool enosys;		/* a seccomp profile forbids it */
bool elsewhere;		/* somebody else traces init */
#define eperm (yama == 2 || (yama == 1 && !ptracer) || elsewhere)

/* The guardian, as the kernel has it ---------------------------------------- */

bool lives, zombie;
bool status;		/* of its exit: refused */
bool sigkill;		/* it has it pending, and is as good as dead */
bool stopped, stop_reported;
bool held;
bool timer, ends;	/* that continues it, that ends it */

/* The outside, and what the properties speak of ----------------------------- */

bool ours;		/* there is a connection of ours */
bool main_ended;
bool killed;		/* init, by SIGKILL */
bool asked_to_stop;	/* init: SIGSTOP, and no SIGCONT since */
bool attached;		/* there was a guardian when SIGKILL came */
bool hit;		/* but it was killed itself */
bool late;		/* or its time was over, or it was held */
byte seen;		/* by init: stops of a guardian that is held */
bool warned;		/* it was started by an init that knew */
bool surprised;		/* init was signalled before either could know that */
#define surprise (held && seen < 2)
bool lost;		/* or PTRACE_CONT, after the look, met EVENT_EXIT */
bool acting;
byte sigterms;		/* that the server has got */
bool forever, unguarded; /* in the last state */

/* At the end init is gone, or works, or rests as it was asked to. */
#define STAYS_STOPPED (!forever || surprised)
/* While init works it has its guardian, if it may have one. */
#define GUARDED (!unguarded)
/* Init stands still while its guardian acts, and nobody is being killed. */
#define ONE_AT_A_TIME (!acting || state == EVENT_EXIT)
/* Whoever tells the server, it is told once. */
#define TOLD_ONCE (sigterms <= 1)
/* A guardian that is attached when SIGKILL comes, and lives, acts before zap. */
#define COVERED (!(state == ZAP && killed && attached && ours && !hit && \
	!late && !lost) || td.phase == PHASES)
/* Init does not exit by itself with anything of ours left. */
#define NOTHING_LEFT (!(own_exit && ours) || td.phase == PHASES)
/* Init gives up on guardians only where none can ever trace it. */
#define LEAVE_IN_TIME (!(g.refused && !enosys))

ltl stays_stopped { [] STAYS_STOPPED }
ltl guarded { [] GUARDED }
ltl one_at_a_time { [] ONE_AT_A_TIME }
ltl told_once { [] TOLD_ONCE }
ltl covered { [] COVERED }
ltl nothing_left { [] NOTHING_LEFT }
ltl leave_in_time { [] LEAVE_IN_TIME }
ltl all { [] (STAYS_STOPPED && GUARDED && ONE_AT_A_TIME && TOLD_ONCE &&
    COVERED && NOTHING_LEFT && LEAVE_IN_TIME) }
ltl none_lost { [] !lost }
ltl never_held { [] !forever }
ltl everything { [] (STAYS_STOPPED && GUARDED && ONE_AT_A_TIME && TOLD_ONCE &&
    COVERED && NOTHING_LEFT && LEAVE_IN_TIME && !lost) }

/* ptrace -------------------------------------------------------------------- */

/* do_jobctl_trap() */
inline trap_stop()
{
	state = EVENT_STOP;
	trapped_group = group_stop;
	trap_notify = false;
	listening = false;
	exit_code = true
}

/* get_signal(), after a stop in ptrace_signal(): SIGCONT voids the SIGSTOP. */
inline deliver_sigstop()
{
	if
	:: stop_dequeued ->
		stop_dequeued = false;
		group_stop = true;
		if
		:: ptraced -> trap_stop()
		:: else -> state = STOPPED
		fi
	:: else ->
		state = RUNS
	fi
}

/* do_group_exit(): no other signal matters any more */
inline die()
{
	exit_code = false;
	group_stop = false;
	trap_notify = false;
	listening = false;
	stop_dequeued = false;
	sigstop = false;
	sigchld = false;
	asked_to_stop = false;
	state = DYING
}

/* Whatever stop the tracee is in: nothing says which one was meant. */
inline PTRACE_CONT()
{
	d_step {
		exit_code = false;
		if
		:: state == EVENT_EXIT -> state = ZAP
		:: state == DELIVERY_STOP -> deliver_sigstop()
		:: state == EVENT_STOP -> listening = false; state = RUNS
		:: else /* ESRCH */
		fi
	}
}

/* ptrace_request(): only in EVENT_STOP, else EIO. */
inline PTRACE_LISTEN()
{
	d_step {
		if
		:: state == EVENT_STOP && trap_notify -> trap_stop()
		:: state == EVENT_STOP && !trap_notify -> listening = true
		:: else
		fi
	}
}

/* exit_ptrace(), __ptrace_unlink() */
inline release_tracee()
{
	ptraced = false;
	exit_code = false;
	trap_notify = false;
	listening = false;
	if
	:: state == EVENT_EXIT -> state = ZAP
	:: state == DELIVERY_STOP -> deliver_sigstop()
	:: state == EVENT_STOP && group_stop -> state = STOPPED
	:: state == EVENT_STOP && !group_stop -> state = RUNS
	:: else
	fi
}

/* init/teardown/run.c --------------------------------------------------------- */

/* Each step of it is one in which SIGKILL may come. */
inline stop_server()
{
	if
	:: !s.told ->
#ifdef TOLD_LATE
		sigterms++;
		s.told = true
#else
		s.told = true;
		sigterms++
#endif
	:: else
	fi
}

/* One turn of teardown_run()'s loop; what a phase waits for comes after it. */
inline run_phase()
{
	if
	:: td.phase == SERVERS -> stop_server()
	:: else
	fi
}

/* init/guard.c, init/tracee.c: the guardian's own process ----------------- */

/* init/main.c. Servers may not answer; then nothing but SIGALRM may end it. */
inline act_for_init()
{
#ifndef NO_ALARM
	ends = true; /* endure_most() */
#endif
	acting = true;
	do
	:: ours && td.phase < PHASES ->
		run_phase();
		if
		:: true
		:: true -> false /* for ever */
		fi;
		td.phase++
	:: else -> break
	od;
	acting = false
}

/* A look whether a new stop has come, then PTRACE_CONT for the old one. */
inline resume()
{
#ifdef NO_LOOK
	PTRACE_CONT()
#else
#ifdef ATOMIC_LOOK
	atomic {
#endif
	if
	:: exit_code
	:: !exit_code ->
		atomic {
			lost = lost || (state == EVENT_EXIT);
			PTRACE_CONT()
		}
	fi
#ifdef ATOMIC_LOOK
	}
#endif
#endif
}

/* A stop that tracee_next_stop() fetches is reported once. */
inline watch()
{
	do
#ifndef NO_END
	:: g.pestered && !g.ending -> beat()
#endif
	:: atomic { exit_code -> exit_code = false; stop = state };
		if
		:: stop == EVENT_EXIT ->
#ifdef CONT_FIRST
			PTRACE_CONT();
#endif
			if
			:: !g.dismissed -> act_for_init()
			:: else
			fi;
			PTRACE_CONT()
		:: stop == EVENT_STOP && trapped_group ->
			PTRACE_LISTEN()
		:: else ->
			resume()
		fi
	od
}

/* Its timer is renewed as long as it runs: here, never over unless it is held. */
inline beat()
{
	atomic {
		if
#ifndef NO_END
		:: g.pestered -> ends = true; g.ending = true
#endif
		:: else
		fi
	}
}

inline be_guardian()
{
#ifndef NO_TIMER
	timer = true; /* endure() */
#endif
	beat();
	atomic { /* seize(): of what it tries again and again, the last time */
		if
		:: enosys ->
			status = true
#ifdef ONE_TRY
		:: !enosys && eperm ->
			status = true
#endif
		:: !enosys && !eperm ->
			ptraced = true;
			if
			:: state == STOPPED -> trap_stop()
			:: else
			fi
		fi
	};
	if
	:: ptraced -> watch()
	:: !ptraced /* _exit(status) */
	fi
}

active proctype guardian() provided (!stopped || sigkill)
{
	mtype stop;

	do
	:: lives ->
		{ be_guardian() } unless { sigkill };
		d_step { /* do_exit() */
			release_tracee();
			acting = false;
			ends = false;
			timer = false;
			stopped = false;
			held = false;
			sigkill = false;
			lives = false;
			zombie = true;
			sigchld = true
		}
	od
}

/* Init ---------------------------------------------------------------------- */

/* init/guardian.c */
inline start()
{
	atomic {
		assert(!lives && !zombie);
		lives = true;
		ptracer = false;
		status = false;
		stop_reported = true;
		g.ending = false;
		warned = g.pestered;
		hit = false
	};
	g.has_pid = true;
	ptracer = true
}

inline guardian_start()
{
	if
	:: !g.has_pid && !g.refused -> start()
	:: else
	fi
}

inline guardian_ended()
{
	g.has_pid = false;
	if
#ifdef NO_REFUSAL
	:: status -> start()
#else
	:: status -> g.refused = true
#endif
	:: !status -> start()
	fi
}

/* SIGCONT to who is held: the next stop is there at once. */
inline guardian_attend()
{
	atomic {
		if
		:: stop_reported
#ifndef NO_KILL
		:: !stop_reported && g.pestered && !g.ending ->
			stop_reported = true;
			sigkill = true;
			hit = true
#endif
		:: else ->
			g.pestered = true;
			stopped = held;
			if
			:: held && seen < 2 -> seen++; sigchld = true
			:: else -> stop_reported = true
			fi
		fi
	}
}

/* init/loop.c, init/reap.c */
inline reap()
{
	sigchld = false;
	if
	:: d_step { zombie -> zombie = false };
#ifndef NO_RESTART
		guardian_ended()
#endif
	:: !zombie
	fi;
	guardian_attend()
}

inline reap_attend()
{
	if
	:: sigchld -> reap()
	:: true
	fi
}

inline loop_until_main_ends()
{
	do
	:: main_ended -> break
	:: !main_ended && sigchld -> reap()
	:: !main_ended && ours && !g.has_pid && !g.refused ->
		guardian_start() /* guard() */
	od
}

/* init/end.c: of end_container(), what matters here */
inline tear_down()
{
	if
	:: ours ->
		guardian_start();
		do
		:: td.phase < PHASES ->
			run_phase();
			reap_attend();
			td.phase++
		:: else -> break
		od;
		reap_attend()
	:: else
	fi
}

/* init/guardian.c */
inline guardian_dismiss()
{
	g.dismissed = true;
	if
	:: atomic { g.has_pid && lives -> sigkill = true }
	:: !g.has_pid || !lives
	fi
}

active proctype Init() provided (state == RUNS)
{
	loop_until_main_ends();
#ifndef LEAVE_TO_IT
	tear_down();
	guardian_dismiss();
#endif
	atomic { own_exit = true; die() }
}

/* The kernel ---------------------------------------------------------------- */

active proctype kernel()
{
	do
	/* get_signal(), in whatever order the signals came */
	:: d_step { state == RUNS && sigstop ->
		sigstop = false;
		stop_dequeued = true;
		if
		:: ptraced -> state = DELIVERY_STOP; exit_code = true
		:: else -> deliver_sigstop()
		fi }
	:: d_step { state == RUNS && trap_notify -> trap_stop() }
	/* do_exit() */
	:: d_step { state == DYING && ptraced ->
		state = EVENT_EXIT;
		exit_code = true }
	:: d_step { state == DYING && !ptraced -> state = ZAP }
	:: d_step { state == ZAP && lives && !sigkill -> sigkill = true }
	:: d_step { state == ZAP && !lives -> state = GONE }
	/* the guardian's timers */
	:: d_step { timer && stopped && !held -> stopped = false }
	:: d_step { ends && (acting || held) && !sigkill ->
		sigkill = true;
		late = true }
	od
}

/* The outside --------------------------------------------------------------- */

/*
 * complete_signal(). The first SIGKILL is the last signal that matters; but up
 * to 5.10 it breaks the stop of an exit that was init's own.
 */
inline kill_init()
{
	d_step {
		if
		:: alive ->
			killed = true;
			attached = ptraced || g.dismissed;
			surprised = surprised || surprise;
			die()
		:: state == EVENT_EXIT && own_exit ->
			exit_code = false;
			state = ZAP
		:: else
		fi
	}
}

/* prepare_signal() */
inline continue_init()
{
	d_step {
		alive;
		surprised = surprised || surprise;
		asked_to_stop = false;
		sigstop = false;
		stop_dequeued = false;
		group_stop = false;
		trap_notify = ptraced;
		if
		:: state == STOPPED -> state = RUNS
		:: listening -> trap_stop()
		:: else
		fi
	}
}

active proctype outside()
{
	byte deeds;

	if
	:: yama = 1
	:: yama = 2
	:: enosys = true
	:: true
	fi;
	do
	:: alive && !ours && !main_ended -> ours = true
	:: alive && !main_ended -> main_ended = true
	:: deeds < DEEDS && state != ZAP && state != GONE ->
		deeds++;
		if
		:: kill_init()
		:: continue_init()
		:: d_step { alive ->
			surprised = surprised || surprise;
			sigstop = true;
			asked_to_stop = true }
		:: d_step { lives -> sigkill = true; hit = true }
		:: d_step { lives ->
			stopped = true;
			stop_reported = false;
			sigchld = true }
		:: d_step { lives && !held ->
			stopped = true;
			held = true;
			seen = 0;
			surprised = surprised ||
			    ((state != RUNS || sigstop || trap_notify) &&
				!acting && !warned);
			stop_reported = false;
			sigchld = true }
		:: d_step { alive && !ptraced -> elsewhere = !elsewhere }
		fi
	:: deeds = DEEDS; break
	od
}

/* Nobody has a step left. */
active proctype end()
{
	atomic {
		timeout;
		forever = !(state == GONE ||
		    (state == RUNS && !main_ended && !killed) ||
		    (asked_to_stop && !killed && (state == STOPPED ||
			(state == EVENT_STOP && listening))));
		unguarded = state == RUNS && ours && !ptraced &&
		    !g.refused && yama < 2 && !elsewhere
	}
}
