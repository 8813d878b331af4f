/* A command line in one string: to words, as sh(1) would, without a shell. */
#include "tests/unit/unit.h"

#include "init/words.h"

#define LONGEST (WORDS_BYTES - 1) /* of one word: its NUL needs room too */

static struct words w;

/* The words, each in [], or "none". */
static void
assert_words(const char *line, const char *expected)
{
	char joined[2 * WORDS_BYTES] = "";
	char **argv = words_split(&w, line);

	if (!argv) {
		if (strcmp(expected, "none") != 0)
			fail_msg("%s: not split", line);
		return;
	}
	assert_ptr_equal(argv, w.argument + 1);
	for (int i = 0; argv[i]; i++) {
		strcat(joined, "[");
		strcat(joined, argv[i]);
		strcat(joined, "]");
	}
	if (strcmp(joined, expected) != 0)
		fail_msg("%s: %s, not %s", line, joined, expected);
}

#define ASSERT_ALL(cases)                         \
	for (size_t i = 0; i < COUNT(cases); i++) \
	assert_words(cases[i].line, cases[i].expected)

struct split {
	const char *line, *expected;
};

static void
test_blanks(void **state)
{
	static const struct split cases[] = {
		{ "a", "[a]" },
		{ "a b", "[a][b]" },
		{ "  a \t\n b\n", "[a][b]" },
		{ "a\tb\nc", "[a][b][c]" },
		{ "", "none" },
		{ " \t\n", "none" },
	};

	(void)state;
	ASSERT_ALL(cases);
}

static void
test_quotes(void **state)
{
	static const struct split cases[] = {
		{ "'a b'", "[a b]" },
		{ "\"a b\"", "[a b]" },
		{ "a'b c'd", "[ab cd]" },
		{ "'a'\"b\"c", "[abc]" },
		{ "'a\"b'", "[a\"b]" },
		{ "\"a'b\"", "[a'b]" },
		{ "''", "[]" },
		{ "\"\"", "[]" },
		{ "a '' \"\" b", "[a][][][b]" },
		{ "''a", "[a]" },
		{ "a''", "[a]" },
		{ "' '", "[ ]" },
		{ "sh -c 'echo \"x y\" >z'", "[sh][-c][echo \"x y\" >z]" },
	};

	(void)state;
	ASSERT_ALL(cases);
}

static void
test_backslashes(void **state)
{
	static const struct split cases[] = {
		{ "a\\ b", "[a b]" },
		{ "a\\b", "[ab]" },
		{ "\\'a", "['a]" },
		{ "\\\"a", "[\"a]" },
		{ "\\\\", "[\\]" },
		{ "'\\'", "[\\]" },
		{ "'a\\'b", "[a\\b]" },
		{ "\"\\\"\"", "[\"]" },
		{ "\"\\\\\"", "[\\]" },
		{ "\"a\\b\"", "[a\\b]" },
		{ "\"\\'\"", "[\\']" },
		{ "a\\", "[a\\]" },
		{ "\\ ", "[ ]" },
	};

	(void)state;
	ASSERT_ALL(cases);
}

static void
test_quotes_that_do_not_end(void **state)
{
	static const struct split cases[] = {
		{ "'", "none" },
		{ "\"", "none" },
		{ "a 'b", "none" },
		{ "a \"b'c'", "none" },
		{ "\"a\\\"", "none" },
		{ "'''", "none" },
		{ "\"\\", "none" },
	};

	(void)state;
	ASSERT_ALL(cases);
}

static void
test_nothing_is_expanded(void **state)
{
	static const struct split cases[] = {
		{ "$HOME ~ *", "[$HOME][~][*]" },
		{ "a;b|c&d>e<f", "[a;b|c&d>e<f]" },
		{ "# `x` $(y)", "[#][`x`][$(y)]" },
		{ "A=b c", "[A=b][c]" },
	};

	(void)state;
	ASSERT_ALL(cases);
}

/* Where a shell would act, what stands there is shown; "" where it would not. */
static void
test_what_only_a_shell_understands(void **state)
{
	static const struct split cases[] = {
		{ "a && b", "&& b" },
		{ "a || b", "|| b" },
		{ "a|b | c", "| c" },
		{ "a >b", ">b" },
		{ "a 2>&1", ">&1" },
		{ "a <b", "<b" },
		{ "a; b", "; b" },
		{ "a ;", ";" },
		{ "a &", "&" },
		{ "a $B", "$B" },
		{ "a x$B", "$B" },
		{ "a ${B}", "${B}" },
		{ "a $(b)", "$(b)" },
		{ "a \"$B\"", "$B\"" },
		{ "a `b`", "`b`" },
		{ "a\t>b", ">b" },
		{ "a http://b/?c=1&d=2;e", "" },
		{ "a '$B' '>' '&&' \">\"", "" },
		{ "a \\$B \\> \\&\\&", "" },
		{ "a b$ $5 $-x", "" },
		{ "a 'b'>c", "" },
		{ "a ''", "" },
		{ "sh -c 'a && $b'", "" },
		{ "sh -c \"a >$b\"", "" },
		{ "/bin/bash -c \"$a\"", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *from = words_for_shell(cases[i].line);

		if (strcmp(from ? from : "", cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].line, from);
	}
}

static void
test_the_same_words_again(void **state)
{
	(void)state;
	assert_words("a b c", "[a][b][c]");
	assert_words("d", "[d]");
}

/* As many as there may be, and one more; `last` is that one. */
static void
assert_most(const char *last)
{
	char line[4 * WORDS_MOST] = "";
	char **argv;

	for (int i = 0; i < WORDS_MOST; i++)
		strcat(line, "x ");
	argv = words_split(&w, line);
	assert_non_null(argv);
	assert_string_equal(argv[WORDS_MOST - 1], "x");
	assert_null(argv[WORDS_MOST]);
	strcat(line, last);
	if (words_split(&w, line))
		fail_msg("%s: dropped", last);
}

static void
test_too_many(void **state)
{
	(void)state;
	assert_most("x");
	assert_most("'x'");
	assert_most("\\x");
}

static void
test_too_many_and_the_last_is_empty(void **state)
{
	(void)state;
	assert_most("''");
	assert_most("\"\"");
}

static void
test_too_long(void **state)
{
	char line[WORDS_BYTES + 8];
	char **argv;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[LONGEST] = '\0';
	argv = words_split(&w, line);
	assert_non_null(argv);
	assert_int_equal(strlen(argv[0]), LONGEST);
	line[LONGEST] = 'x';
	line[LONGEST + 1] = '\0';
	assert_null(words_split(&w, line));
	line[LONGEST] = ' '; /* what does not fit may be the last word */
	assert_null(words_split(&w, line) ? w.argument[2] : NULL);
	line[LONGEST + 1] = 'x';
	line[LONGEST + 2] = '\0';
	assert_null(words_split(&w, line));
}

/* Never more than there is room for, and every word ends. */
static void
test_any_line(void **state)
{
	static const char alphabet[] = "ab '\"\\ \t\n'\"";
	uint64_t seed = 2026;

	(void)state;
	for (int run = 0; run < 100000; run++) {
		char line[64];
		size_t length = random_next(&seed) % (sizeof(line) - 1);
		char **argv;
		size_t bytes = 0;

		for (size_t i = 0; i < length; i++)
			line[i] = alphabet[random_next(&seed) %
			    (sizeof(alphabet) - 1)];
		line[length] = '\0';
		argv = words_split(&w, line);
		for (int i = 0; argv && argv[i]; i++)
			bytes += strlen(argv[i]);
		assert_true(bytes <= length);
		assert_false(argv && !argv[0]);
	}
}

/* What is quoted as sh(1) wants it comes back as it was. */
static void
test_what_was_quoted_comes_back(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		char word[17], line[80], *end = line;
		size_t length = random_next(&seed) % (sizeof(word) - 1);
		char **argv;

		for (size_t i = 0; i < length; i++)
			word[i] = (char)(1 + random_next(&seed) % 127);
		word[length] = '\0';
		*end++ = '\'';
		for (const char *s = word; *s; s++)
			end = *s == '\'' ? stpcpy(end, "'\\''") :
					   (*end = *s, end + 1);
		strcpy(end, "' x");
		argv = words_split(&w, line);
		assert_non_null(argv);
		assert_string_equal(argv[0], word);
		assert_string_equal(argv[1], "x");
		assert_null(argv[2]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_backslashes),
		cmocka_unit_test(test_quotes_that_do_not_end),
		cmocka_unit_test(test_nothing_is_expanded),
		cmocka_unit_test(test_what_only_a_shell_understands),
		cmocka_unit_test(test_the_same_words_again),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_many_and_the_last_is_empty),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_any_line),
		cmocka_unit_test(test_what_was_quoted_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
