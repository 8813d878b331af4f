/* Text in a fixed buffer, and decimal numbers. */
#include "tests/unit/unit.h"

#include <limits.h>

#include "src/base/text.h"

static void
test_conversions(void **state)
{
	char buffer[200];
	struct text t = text_over(buffer, sizeof(buffer));

	(void)state;
	text_format(&t, "%s|%c|%d|%d|%u|%llu|%%", "str", 'c', -5, 0, 7U, 8ULL);
	assert_string_equal(buffer, "str|c|-5|0|7|8|%");
	assert_int_equal(t.used, strlen(buffer));
}

static void
test_extremes(void **state)
{
	char buffer[200];
	struct text t = text_over(buffer, sizeof(buffer));

	(void)state;
	text_format(&t, "%d %d %u %llu", INT_MIN, INT_MAX, UINT_MAX,
	    ULLONG_MAX);
	assert_string_equal(buffer,
	    "-2147483648 2147483647 4294967295 18446744073709551615");
}

static void
test_no_string(void **state)
{
	char buffer[20];
	struct text t = text_over(buffer, sizeof(buffer));
	const char *volatile none = NULL;

	(void)state;
	text_format(&t, "%s", none);
	assert_string_equal(buffer, "(null)");
}

static void
test_appends(void **state)
{
	char buffer[20];
	struct text t = text_over(buffer, sizeof(buffer));

	(void)state;
	assert_string_equal(buffer, "");
	text_format(&t, "one");
	text_format(&t, " ");
	text_format(&t, "two");
	assert_string_equal(buffer, "one two");
}

/* Whatever the size: cut off, terminated, and nothing beyond. */
static void
test_what_does_not_fit_is_cut_off(void **state)
{
	static const char whole[] = "4711 and more: -2147483648";

	(void)state;
	for (size_t size = 1; size <= sizeof(whole) + 2; size++) {
		char buffer[64];
		struct text t;

		memset(buffer, '#', sizeof(buffer));
		t = text_over(buffer, size);
		text_format(&t, "%d and %s: %d", 4711, "more", INT_MIN);
		text_format(&t, "%s", "");
		assert_true(t.used < size);
		assert_int_equal(strlen(buffer), t.used);
		assert_memory_equal(buffer, whole, t.used);
		for (size_t i = size; i < sizeof(buffer); i++)
			assert_int_equal(buffer[i], '#');
	}
}

static void
test_decimal(void **state)
{
	static const struct {
		const char *s;
		unsigned long long most, value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "0", 9, 0 },
		{ "9", 9, 9 },
		{ "10", 10, 10 },
		{ "007", 9, 7 },
		{ "255", 255, 255 },
		{ "18446744073709551615", ULLONG_MAX, ULLONG_MAX },
		{ "00000000000000000000000000000001", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned long long value = 77;

		assert_int_equal(decimal(cases[i].s, cases[i].most, &value), 0);
		assert_true(value == cases[i].value);
	}
}

static void
test_not_decimal(void **state)
{
	static const struct {
		const char *s;
		unsigned long long most;
	} cases[] = {
		{ "", 9 },
		{ "1", 0 },
		{ "9", 5 },
		{ "10", 9 },
		{ "256", 255 },
		{ "18446744073709551616", ULLONG_MAX },
		{ "99999999999999999999999", ULLONG_MAX },
		{ " 1", 9 },
		{ "1 ", 9 },
		{ "+1", 9 },
		{ "-1", 9 },
		{ "1x", 99 },
		{ "0x1", 99 },
		{ "1.0", 99 },
		{ "\n", 9 },
		{ "\xb9", 999 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned long long value = 77;

		if (decimal(cases[i].s, cases[i].most, &value) != -1)
			fail_msg("%s", cases[i].s);
		assert_int_equal(value, 77);
	}
}

static void
test_digits(void **state)
{
	static const struct {
		const char *s;
		unsigned long long most, value;
		const char *rest;
	} cases[] = {
		{ "0", 0, 0, "" },
		{ "45 42 0:38", 99, 45, " 42 0:38" },
		{ "4711]", 9999, 4711, "]" },
		{ "1.5s", 9, 1, ".5s" },
		{ "007x", 7, 7, "x" },
		{ "1-", 9, 1, "-" },
		{ "18446744073709551615,", ULLONG_MAX, ULLONG_MAX, "," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned long long value = 77;
		const char *end = digits(cases[i].s, cases[i].most, &value);

		assert_non_null(end);
		assert_string_equal(end, cases[i].rest);
		assert_true(value == cases[i].value);
	}
}

static void
test_no_digits(void **state)
{
	static const struct {
		const char *s;
		unsigned long long most;
	} cases[] = {
		{ "", 9 },
		{ "x1", 9 },
		{ " 1", 9 },
		{ "-1", 9 },
		{ ":1", 9 },
		{ "/1", 9 },
		{ "\xb9", 999 },
		{ "10 ", 9 },
		{ "9", 0 },
		{ "256 1", 255 },
		{ "18446744073709551616 ", ULLONG_MAX },
		{ "99999999999999999999999 ", ULLONG_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned long long value = 77;

		if (digits(cases[i].s, cases[i].most, &value))
			fail_msg("%s", cases[i].s);
		assert_int_equal(value, 77);
	}
}

static void
test_after(void **state)
{
	(void)state;
	assert_string_equal(text_after("fuse.ndrive", "fuse"), ".ndrive");
	assert_string_equal(text_after("fuse", "fuse"), "");
	assert_string_equal(text_after("fuse", ""), "fuse");
	assert_null(text_after("fus", "fuse"));
	assert_null(text_after("Fuse", "fuse"));
	assert_null(text_after("", "f"));
}

static void
test_after_word(void **state)
{
	(void)state;
	assert_string_equal(text_after_word("rtMin+1", "RTMIN"), "+1");
	assert_string_equal(text_after_word("ON", "on"), "");
	assert_null(text_after_word("o", "on"));
	/* Letters only: these differ from them in the same bit. */
	assert_null(text_after_word("@", "`"));
	assert_null(text_after_word("[", "{"));
	assert_null(text_after_word("1", "\x11"));
}

static void
test_until(void **state)
{
	(void)state;
	assert_int_equal(text_until("a:b:c", ':'), 1);
	assert_int_equal(text_until(":b", ':'), 0);
	assert_int_equal(text_until("ab", ':'), 2);
	assert_int_equal(text_until("", ':'), 0);
	assert_true(text_has("a:b", ':'));
	assert_false(text_has("ab", ':'));
	assert_false(text_has("", ':'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_no_string),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_what_does_not_fit_is_cut_off),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_not_decimal),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_no_digits),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_after_word),
		cmocka_unit_test(test_until),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
