/* Sets as tests write them: SET(0, 63), NOTHING. */
#ifndef FINI_UNIT_SETS_H
#define FINI_UNIT_SETS_H

#include "src/base/set.h"
#include "tests/unit/unit.h"

#define NOTHING ((struct set){ 0 })
#define SET(...)                             \
	set_of((const int[]){ __VA_ARGS__ }, \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static inline struct set
set_of(const int *numbers, size_t count)
{
	struct set set = NOTHING;

	for (size_t i = 0; i < count; i++)
		set_add(&set, numbers[i]);
	return set;
}

#define assert_set(found, expected)                           \
	do {                                                  \
		struct set is = (found), ought = (expected);  \
                                                              \
		assert_memory_equal(&is, &ought, sizeof(is)); \
	} while (0)

#endif
