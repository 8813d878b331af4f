/* Sets of 32-bit numbers: what collides, what is full, what is no number. */
#include "tests/unit/unit.h"

#include "src/base/numbers.h"

#define MOST (NUMBERS_SLOTS / 4 * 3)

static struct numbers n; /* 32 KB */

static int
empty(void **state)
{
	(void)state;
	n = (struct numbers){ .count = 0 };
	return 0;
}

static void
test_zeros_are_empty(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 100000; number++)
		assert_false(numbers_have(&n, number));
}

static void
test_what_was_added_is_there_and_nothing_else(void **state)
{
	static const uint32_t some[] = { 1, 2, 8192, 8193, 1U << 31,
		UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_false(numbers_have(&n, some[i]));
		assert_true(numbers_add(&n, some[i]));
		assert_true(numbers_have(&n, some[i]));
		assert_false(numbers_add(&n, some[i])); /* again */
		assert_int_equal(n.count, i + 1);
	}
	assert_false(numbers_have(&n, 3));
}

static void
test_zero_is_no_number(void **state)
{
	(void)state;
	assert_false(numbers_add(&n, 0));
	assert_false(numbers_have(&n, 0));
}

/* Inodes come one after the other, and those of a stride collide most. */
static void
fill(uint32_t stride)
{
	n = (struct numbers){ .count = 0 };
	for (uint32_t i = 1; i <= MOST; i++)
		assert_true(numbers_add(&n, i * stride));
	assert_false(numbers_add(&n, (MOST + 1) * stride)); /* full */
	assert_int_equal(n.count, MOST);
	for (uint32_t i = 1; i <= MOST; i++)
		assert_true(numbers_have(&n, i * stride));
	assert_false(numbers_have(&n, (MOST + 1) * stride));
}

static void
test_full(void **state)
{
	(void)state;
	fill(1);
	fill(NUMBERS_SLOTS);
	fill(524288); /* 2^19: as the hash shifts */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_zeros_are_empty, empty),
		cmocka_unit_test_setup(
		    test_what_was_added_is_there_and_nothing_else, empty),
		cmocka_unit_test_setup(test_zero_is_no_number, empty),
		cmocka_unit_test_setup(test_full, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
