/* One server that fini starts: from its command to its live mount. */
#ifndef FINI_DECLARED_H
#define FINI_DECLARED_H

#include <stdbool.h>
#include <stdint.h>

struct declared;
struct log;
struct registry;
struct servers;
struct supervision;

/* Starts it. 0, or -1 after one line that says why not. */
int declared_start(struct servers *servers, struct declared *declared,
    struct supervision *supervision);

/* Connections of ours that belong to no declared server yet. */
uint64_t declared_unclaimed(const struct servers *servers,
    const struct registry *registry);

/*
 * Is its mount there, served, and FUSE_INIT answered? Then what is unclaimed is
 * its own.
 */
bool declared_is_live(struct servers *servers, struct declared *declared,
    struct supervision *supervision);

/* It ended by itself, and not by going into the background. */
bool declared_has_failed(const struct declared *declared);

void declared_say_failed(const struct servers *servers,
    const struct declared *declared, struct log *log);
void declared_say_late(const struct servers *servers,
    const struct declared *declared, struct log *log);

/*
 * Takes its mount from its own view (--isolate). 0, or -1 after one line, also
 * where it was faster and holds a file of it already.
 */
int declared_hide(struct declared *declared, struct supervision *supervision);

#endif
