/* One look at the whole host: docs/doctor.md says what is read, and why there. */
#ifndef FINI_DOCTOR_LOOK_H
#define FINI_DOCTOR_LOOK_H

#include "src/fuse/fusectl.h"

struct picture;

struct sources {
	int proc;
	struct fusectl fusectl;
};

/* 0; or -1 and *what cannot be had, errno says why. */
int look_open(struct sources *sources, const char **what);

/*
 * Takes the picture anew: every process and namespace, the threads that wait,
 * and if there are such, FUSE: mounts, connections and who has /dev/fuse open.
 * 0, or -1 and errno: /proc cannot be listed, or ETIME, as eyes_look().
 */
int look(const struct sources *sources, struct picture *picture);

#endif
