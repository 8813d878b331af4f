/* A set of numbers of 32 bits, such as inodes: open addressing, no memory. */
#ifndef FINI_NUMBERS_H
#define FINI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#define NUMBERS_SLOTS 8192 /* a power of two */

/* Start with { 0 }, which is empty. */
struct numbers {
	uint32_t slot[NUMBERS_SLOTS]; /* 0: free */
	int count;
};

/*
 * Adds `number`. False if it was there, is 0, or the set is full: at three
 * quarters, so that a search stays short.
 */
bool numbers_add(struct numbers *numbers, uint32_t number);
bool numbers_have(const struct numbers *numbers, uint32_t number);

#endif
