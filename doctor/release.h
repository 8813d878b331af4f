/* Aborts the connections that are at fault, and no other one. */
#ifndef FINI_RELEASE_H
#define FINI_RELEASE_H

struct doctor;
struct finding;

enum released {
	RELEASED,      /* what did not end has ended */
	RELEASED_NOT,  /* it was not to be touched, or nothing was found */
	RELEASED_LATE, /* aborted, and it still has not ended */
	RELEASED_BLIND /* the second look failed: there are no findings */
};

/*
 * Pins the finding's connections by their open fusectl files, looks once more,
 * and aborts those that are still at fault then: numbers are reused over the
 * whole host. Says what it does on stderr, a line a step. The doctor's picture
 * and findings are new ones afterwards.
 */
enum released release(struct doctor *doctor, const struct finding *finding);

#endif
