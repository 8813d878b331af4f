#include "src/base/error.h"

#include "tests/unit/unit.h"

#include <errno.h>

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(error_text(EPERM), "Operation not permitted");
	assert_string_equal(error_text(ENOENT), "No such file or directory");
	assert_string_equal(error_text(EACCES), "Permission denied");
	assert_string_equal(error_text(ENOSYS), "Function not implemented");
	assert_string_equal(error_text(ETIMEDOUT), "Operation timed out");
}

static void
test_a_number_where_there_are_no_words(void **state)
{
	(void)state;
	assert_string_equal(error_text(EDQUOT), "error 122");
	assert_string_equal(error_text(0), "error 0");
	assert_string_equal(error_text(ENOENT + 256), "error 258");
	assert_string_equal(error_text(-4095), "error -4095");
}

/* Who adds one adds both, and no line is anybody else's. */
static void
test_every_number_has_words_of_its_own(void **state)
{
	const char *seen[134];
	int count = 0;

	(void)state;
	for (int number = 1; number < (int)COUNT(seen); number++) {
		const char *text = error_text(number);

		if (strncmp(text, "error ", 6) == 0)
			continue;
		assert_true(*text >= 'A' && *text <= 'Z');
		for (int i = 0; i < count; i++)
			assert_string_not_equal(seen[i], text);
		seen[count++] = text;
	}
	assert_true(count > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_a_number_where_there_are_no_words),
		cmocka_unit_test(test_every_number_has_words_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
