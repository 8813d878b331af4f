/* src/base/arena.c, under other names than the ones it is there for. */
#include "tests/unit/unit.h"

#include <errno.h>

#define malloc arena_malloc
#define calloc arena_calloc
#define free arena_free
#include "src/base/arena.c"

static void
test_blocks_are_zeroed_aligned_and_apart(void **state)
{
	char *a = calloc(3, 7), *b = calloc(1, 1);

	(void)state;
	assert_int_equal((uintptr_t)a % _Alignof(max_align_t), 0);
	assert_int_equal((uintptr_t)b % _Alignof(max_align_t), 0);
	assert_true(b >= a + 21);
	for (int i = 0; i < 21; i++)
		assert_int_equal(a[i], 0);
	free(a);
	free(b);
}

static void
test_is_whole_again_when_all_is_freed(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		char *a = malloc(sizeof(memory) / 2), *b = calloc(1, 100);

		assert_true(a && b);
		assert_int_equal(b[99], 0);
		b[99] = 1;
		free(a);
		free(NULL);
		assert_null(malloc(sizeof(memory)));
		free(b);
	}
}

static void
test_is_exhausted_with_enomem(void **state)
{
	void *all = malloc(sizeof(memory));

	(void)state;
	assert_non_null(all);
	errno = 0;
	assert_null(calloc(1, 1));
	assert_int_equal(errno, ENOMEM);
	free(all);
	assert_null(malloc(sizeof(memory) + 1));
	errno = 0;
	assert_null(calloc(SIZE_MAX / 2 + 1, 2));
	assert_int_equal(errno, ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_are_zeroed_aligned_and_apart),
		cmocka_unit_test(test_is_whole_again_when_all_is_freed),
		cmocka_unit_test(test_is_exhausted_with_enomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
