/* What fini-doctor works with; and one examination: a look, and what it means. */
#ifndef FINI_DOCTOR_H
#define FINI_DOCTOR_H

#include "doctor/findings.h"
#include "doctor/look.h"
#include "doctor/options.h"
#include "doctor/picture.h"

struct doctor {
	struct options options;
	struct sources sources;
	struct picture *picture;
	struct findings findings;
};

/*
 * Looks, and where the kernel does not tell how long a thread has waited, once
 * more `stuck_ms` later. 0; or -1 and errno: then there are no findings.
 */
int examine(struct doctor *doctor, long long stuck_ms);

/* Sleeps for so many milliseconds. */
void rest(long long ms);

#endif
