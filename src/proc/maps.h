/* The devices that a process has files mapped from: /proc/PID/maps. */
#ifndef FINI_MAPS_H
#define FINI_MAPS_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/bytes.h"

/*
 *	for (maps_open(&m, proc, pid); maps_next(&m, &device);)
 *
 * Of each mapping the dev_t, as device_number() has it; 0: it has no file. It takes the memory of `pid`, and can wait:
 * only in a child.
 */
struct maps {
	struct bytes file;
};

void maps_open(struct maps *maps, int proc, pid_t pid);
bool maps_next(struct maps *maps, unsigned *device);

#endif
