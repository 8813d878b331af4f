/* What watch has seen stuck before: since when, and what it has said of it. */
#ifndef FINI_DOCTOR_SEEN_H
#define FINI_DOCTOR_SEEN_H

#include "doctor/findings.h"

#define SENTENCE 512 /* bytes of a verdict */

/*
 * One finding. It is the same at a later look if its PID namespace and that
 * one's init are; tasks elsewhere, if the thread is and has not run since.
 */
struct sighting {
	unsigned namespace; /* id; 0: tasks elsewhere */
	pid_t pid, tid;
	unsigned long long runs; /* of the thread */
	long long since_ms;	 /* of now_ms() */
	bool passed;		 /* in this round: it has had its turn */
	bool counted;		 /* as not released */
	char said[SENTENCE];	 /* ""; nothing yet */
};

/* Start with { 0 }. */
struct seen {
	int count;
	struct sighting sighting[FINDINGS]; /* in the order of the findings */
	struct sighting before[FINDINGS];
};

/*
 * After each look, at `now_ms`: what was seen before is remembered, what is gone
 * is forgotten. From then on sighting[n] is of finding n.
 */
void seen_note(struct seen *seen, const struct findings *findings,
    const struct picture *picture, long long now_ms);

/* Another round: nothing has had its turn. */
void seen_begin_round(struct seen *seen);

/*
 * For how long finding `which` has been stuck: by the kernel, or because it was
 * seen, whichever is longer. The kernel may not tell (wait.ms), or tell only of
 * who has joined last.
 */
long long seen_stuck_ms(const struct seen *seen,
    const struct findings *findings, int which, long long now_ms);

/* Is it the first time that this is said of it? It is remembered as said. */
bool seen_says(struct seen *seen, int which, const char *sentence);

#endif
