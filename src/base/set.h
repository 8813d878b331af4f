/*
 * A set of small numbers: indices into a table of connections, of servers.
 * Start with { 0 }, which is empty.
 */
#ifndef FINI_SET_H
#define FINI_SET_H

#include <stdbool.h>
#include <stdint.h>

#define SET_MOST 1024 /* numbers from 0 to SET_MOST - 1 */
#define SET_WORDS (SET_MOST / 64)

struct set {
	uint64_t word[SET_WORDS];
};

bool set_has(const struct set *set, int number);
void set_add(struct set *set, int number);
void set_remove(struct set *set, int number);
bool set_is_empty(const struct set *set);

/* Is any number in both? */
bool set_meets(const struct set *a, const struct set *b);

/* Adds those in `others`; keeps, or takes out, only those in `others`. */
void set_join(struct set *set, const struct set *others);
void set_keep(struct set *set, const struct set *others);
void set_cut(struct set *set, const struct set *others);

/* The smallest number greater than `after` (-1 to begin); -1: no more. */
int set_next(const struct set *set, int after);

#define set_each(number, set)                             \
	for (int number = set_next(set, -1); number >= 0; \
	     number = set_next(set, number))

#endif
