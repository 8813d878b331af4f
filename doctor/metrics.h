/* What watch tells machines: a file for node_exporter's textfile collector. */
#ifndef FINI_DOCTOR_METRICS_H
#define FINI_DOCTOR_METRICS_H

#include <stdbool.h>

struct findings;
struct picture;

struct counts {
	unsigned long long looks, failed_looks, released, not_released;
	long long released_at;		/* seconds since 1970; 0: never */
	int namespaces, on_fuse, tasks; /* stuck at the last look */
};

/*
 * May the file be replaced? Only a regular one, or none: rename(2) would take
 * the place of /dev/null, or of a link, too.
 */
bool metrics_may_write(const char *path);

/* How many are stuck, by the last look. */
void metrics_count(struct counts *counts, const struct findings *findings);

/*
 * Writes the file anew, by rename(2): the collector never reads half a one. What
 * cannot be written is said on stderr.
 */
void metrics_write(const char *path, const struct counts *counts,
    const struct picture *picture);

#endif
