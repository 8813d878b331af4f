/*
 * The guardian's own process, from its first line to its last. Why there is
 * one: init/guardian.h.
 */
#ifndef FINI_GUARD_H
#define FINI_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/endure.h"
#include "init/pid1.h"

struct view;

/* Its pid, 0 if there is none, is in view->people: it is never visited. */
struct guardian {
	bool refused;	      /* none is wanted, or none can be */
	bool dismissed;	      /* init exits by itself: nothing to do */
	bool attached;	      /* the last one has come to trace init */
	bool told;	      /* that init is not covered */
	int pause_ms;	      /* before the last start, 0: none */
	long long retry_at;   /* the next start, or NEVER */
	long long stopped_at; /* when it was last stopped, 0: never */
	struct pid1 pid1;
	struct endurance endurance; /* its own */
	int budget_ms;		    /* for what it does in the window */
	void (*act)(void *context); /* in the window, in the guardian */
	void *context;
};

/*
 * Comes to trace `init`, its parent, waits for its end, and acts then; and a
 * PID 1 that is another, if that reads its signals. Exits
 * with 0, or with the errno of a ptrace(2) that is refused for good.
 */
_Noreturn void guard_init(struct guardian *guardian, struct view *view,
    pid_t init);

/* Says once that init is not covered: "...: WHAT: WHY". */
void guard_tell(struct guardian *guardian, struct view *view, const char *what,
    const char *why);

/* Was it stopped recently? */
bool guard_is_pestered(const struct guardian *guardian);

/* How long to wait before the next try, after `pause_ms` (0: the first). */
int guard_pause_ms(int pause_ms, int most_ms);

#endif
