/* What launch makes of its command line, and the container that it asks for. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#define MAX_EACH 32 /* --bind, --volume, --deny, --drop-cap, --close */

struct list {
	const char *item[MAX_EACH];
	size_t n;
};

struct settings {
	int report;
	int mounts_of; /* a mount namespace, or -1 */
	const char *propagation;
	const char *proc;
	const char *stdio; /* what 0, 1 and 2 are, or NULL: as they were */
	bool fusectl;
	const char *hold; /* a system call, or NULL */
	const char *hold_from, *hold_log;
	bool hold_forked;
	struct list binds, volumes, denied, dropped, closed;
	uid_t uid;
	rlim_t nofile;
};

/* Fills settings; returns INIT and its arguments. Exits with 2 on wrong usage. */
char **options_parse(struct settings *settings, int argc, char *argv[]);

/*
 * For --hold: forks the child that is told of the calls, outside of the
 * container, and waits for INIT's number in `init`. INIT, which is to be, then
 * filters itself.
 */
struct holder {
	int told; /* a socket to it */
	int init; /* a pipe to it */
};

struct holder hold_watch(const struct settings *settings);
void hold_filter(const struct settings *settings, const struct holder *holder);

/*
 * Makes us what INIT shall find itself in: namespaces, mounts, system calls
 * denied, capabilities, user, limits, closed descriptors. Exits with 125 if
 * something cannot be had.
 */
void world_make(const struct settings *settings);

#endif
