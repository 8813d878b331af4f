#include "src/base/numbers.h"

#define MOST (NUMBERS_SLOTS / 4 * 3)

/* Where `number` is, or would be: Fibonacci hashing, the next free slot. */
static uint32_t
place_of(const struct numbers *n, uint32_t number)
{
	uint32_t at = number * 2654435769U >> 19; /* 32 - log2(slots) */

	_Static_assert(NUMBERS_SLOTS == 1 << 13, "the shift above");
	while (n->slot[at] != 0 && n->slot[at] != number)
		at = (at + 1) % NUMBERS_SLOTS;
	return at;
}

bool
numbers_have(const struct numbers *n, uint32_t number)
{
	return number != 0 && n->slot[place_of(n, number)] == number;
}

bool
numbers_add(struct numbers *n, uint32_t number)
{
	uint32_t at = place_of(n, number);

	if (number == 0 || n->slot[at] == number || n->count == MOST)
		return false;
	n->slot[at] = number;
	n->count++;
	return true;
}
