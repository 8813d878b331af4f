/* Sets of small numbers, over the boundaries of their words. */
#include "tests/unit/sets.h"

#include <stdbool.h>

/* The first and the last number of each word: 0, 63, ..., SET_MOST - 1. */
#define EDGES (2 * SET_WORDS)

static int
edge(int i)
{
	return i / 2 * 64 + (i % 2 == 0 ? 0 : 63);
}

static struct set
all(void)
{
	struct set s = NOTHING;

	for (int i = 0; i < SET_MOST; i++)
		set_add(&s, i);
	return s;
}

static void
test_the_edges(void **state)
{
	(void)state;
	assert_int_equal(SET_WORDS * 64, SET_MOST);
	assert_int_equal(edge(0), 0);
	assert_int_equal(edge(1), 63);
	assert_int_equal(edge(EDGES - 1), SET_MOST - 1);
}

static void
test_zeros_are_empty(void **state)
{
	struct set s = { 0 };

	(void)state;
	assert_true(set_is_empty(&s));
	assert_int_equal(set_next(&s, -1), -1);
	for (int i = 0; i < SET_MOST; i++)
		assert_false(set_has(&s, i));
}

static void
test_each_number_alone(void **state)
{
	(void)state;
	for (int i = 0; i < SET_MOST; i++) {
		struct set s = { 0 };

		set_add(&s, i);
		for (int j = 0; j < SET_MOST; j++)
			assert_int_equal(set_has(&s, j), i == j);
		assert_false(set_is_empty(&s));
		set_add(&s, i); /* twice is once */
		assert_true(set_has(&s, i));
		set_remove(&s, i);
		assert_set(s, NOTHING);
		assert_true(set_is_empty(&s));
		set_remove(&s, i); /* what is not in it */
		assert_set(s, NOTHING);
	}
}

static void
test_each_number_taken_from_all(void **state)
{
	(void)state;
	for (int i = 0; i < SET_MOST; i++) {
		struct set s = all();

		set_remove(&s, i);
		for (int j = 0; j < SET_MOST; j++)
			assert_int_equal(set_has(&s, j), i != j);
	}
}

static void
test_two_sets_meet(void **state)
{
	struct set none = NOTHING, whole = all();

	(void)state;
	assert_false(set_meets(&none, &none));
	assert_false(set_meets(&none, &whole));
	assert_false(set_meets(&whole, &none));
	assert_true(set_meets(&whole, &whole));
	for (int i = 0; i < EDGES; i++)
		for (int j = 0; j < EDGES; j++) {
			struct set a = SET(edge(i)), b = SET(edge(j));

			assert_int_equal(set_meets(&a, &b), i == j);
			assert_true(set_meets(&a, &whole));
			assert_true(set_meets(&whole, &b));
		}
}

static void
test_one_in_common_is_enough(void **state)
{
	const struct set a = SET(0, 1, SET_MOST - 1);
	const struct set b = SET(2, 62, SET_MOST - 1);
	const struct set c = SET(2, 62, SET_MOST - 2);

	(void)state;
	assert_true(set_meets(&a, &b));
	assert_true(set_meets(&b, &c));
	assert_false(set_meets(&a, &c));
}

static void
test_join_keep_and_cut(void **state)
{
	const struct set a = SET(0, 1, 5, SET_MOST - 1);
	const struct set b = SET(1, 2, 62, SET_MOST - 1);
	struct set joined = a, kept = a, cut = a;

	(void)state;
	set_join(&joined, &b);
	assert_set(joined, SET(0, 1, 2, 5, 62, SET_MOST - 1));
	set_keep(&kept, &b);
	assert_set(kept, SET(1, SET_MOST - 1));
	set_cut(&cut, &b);
	assert_set(cut, SET(0, 5));
}

/* The second number may be the first one, or in its word, or in another. */
static void
test_join_keep_and_cut_at_each_edge(void **state)
{
	(void)state;
	for (int i = 0; i < EDGES; i++)
		for (int j = 0; j < EDGES; j++) {
			const struct set a = SET(edge(i)), b = SET(edge(j));
			struct set joined = a, kept = a, cut = a;

			set_join(&joined, &b);
			assert_set(joined, SET(edge(i), edge(j)));
			set_keep(&kept, &b);
			assert_set(kept, i == j ? a : NOTHING);
			set_cut(&cut, &b);
			assert_set(cut, i == j ? NOTHING : a);
		}
}

static void
test_with_nothing_with_all_and_with_itself(void **state)
{
	const struct set a = SET(0, 63, SET_MOST - 1);
	const struct set none = NOTHING, whole = all();
	struct set s = a;

	(void)state;
	set_join(&s, &none);
	assert_set(s, a);
	set_cut(&s, &none);
	assert_set(s, a);
	set_keep(&s, &whole);
	assert_set(s, a);
	set_join(&s, &s);
	assert_set(s, a);
	set_keep(&s, &s);
	assert_set(s, a);
	set_cut(&s, &s);
	assert_set(s, NOTHING);
	s = a;
	set_keep(&s, &none);
	assert_set(s, NOTHING);
	s = a;
	set_cut(&s, &whole);
	assert_set(s, NOTHING);
	s = a;
	set_join(&s, &whole);
	assert_set(s, whole);
}

static void
test_the_next_number(void **state)
{
	const struct set s = SET(0, 1, 62, 63, SET_MOST - 1), whole = all();
	const struct set edges = SET(0, SET_MOST - 1);

	(void)state;
	assert_int_equal(set_next(&s, -1), 0);
	assert_int_equal(set_next(&s, 0), 1);
	assert_int_equal(set_next(&s, 1), 62);
	assert_int_equal(set_next(&s, 2), 62); /* it need not be in it */
	assert_int_equal(set_next(&s, 61), 62);
	assert_int_equal(set_next(&s, 62), 63);
	assert_int_equal(set_next(&s, SET_MOST - 2), SET_MOST - 1);
	assert_int_equal(set_next(&s, SET_MOST - 1), -1);
	assert_int_equal(set_next(&edges, 0), SET_MOST - 1);
	for (int i = -1; i < SET_MOST - 1; i++)
		assert_int_equal(set_next(&whole, i), i + 1);
	assert_int_equal(set_next(&whole, SET_MOST - 1), -1);
}

static void
test_the_next_number_from_edge_to_edge(void **state)
{
	struct set s = NOTHING;

	(void)state;
	for (int i = 0; i < EDGES; i++)
		set_add(&s, edge(i));
	for (int after = -1, i = 0; i < EDGES; after = edge(i++))
		assert_int_equal(set_next(&s, after), edge(i));
	for (int i = 0; i < EDGES; i++) {
		struct set one = SET(edge(i));

		assert_int_equal(set_next(&one, -1), edge(i));
		assert_int_equal(set_next(&one, edge(i) - 1), edge(i));
		assert_int_equal(set_next(&one, edge(i)), -1);
	}
}

/* The one that is looked at may be taken out meanwhile. */
static void
test_each_while_they_are_removed(void **state)
{
	struct set s = SET(0, 1, 63, SET_MOST - 1), seen = NOTHING;
	const struct set before = s;
	int last = -1;

	(void)state;
	set_each(i, &s) {
		assert_true(i > last);
		last = i;
		set_add(&seen, i);
		set_remove(&s, i);
	}
	assert_set(seen, before);
	assert_set(s, NOTHING);
	set_each(i, &s)
		fail_msg("%d", i);
}

/* What a set ought to be: a bool for each number. */
struct model {
	bool has[SET_MOST];
};

static void
assert_model(const struct set *s, const struct model *m)
{
	int next = -1;

	for (int i = SET_MOST - 1; i >= 0; i--) {
		assert_int_equal(set_has(s, i), m->has[i]);
		assert_int_equal(set_next(s, i), next);
		if (m->has[i])
			next = i;
	}
	assert_int_equal(set_next(s, -1), next);
	assert_int_equal(set_is_empty(s), next < 0);
}

static void
test_any_operation(void **state)
{
	static struct model m[2];
	struct set s[2] = { 0 };
	uint64_t seed = 64;

	(void)state;
	for (int run = 0; run < 4000; run++) {
		int a = (int)(random_next(&seed) % 2), b = !a;
		int number = (int)(random_next(&seed) % SET_MOST);
		unsigned what = (unsigned)(random_next(&seed) % 40);
		bool meets = false;

		if (what == 0)
			set_join(&s[a], &s[b]);
		else if (what == 1)
			set_keep(&s[a], &s[b]);
		else if (what == 2)
			set_cut(&s[a], &s[b]);
		else if (what < 25)
			set_add(&s[a], number);
		else
			set_remove(&s[a], number);
		for (int i = 0; what < 3 && i < SET_MOST; i++)
			m[a].has[i] = what == 0 ? m[a].has[i] || m[b].has[i] :
			    what == 1		? m[a].has[i] && m[b].has[i] :
						  m[a].has[i] && !m[b].has[i];
		if (what >= 3)
			m[a].has[number] = what < 25;
		assert_model(&s[a], &m[a]);
		for (int i = 0; i < SET_MOST; i++)
			meets |= m[a].has[i] && m[b].has[i];
		assert_int_equal(set_meets(&s[a], &s[b]), meets);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_edges),
		cmocka_unit_test(test_zeros_are_empty),
		cmocka_unit_test(test_each_number_alone),
		cmocka_unit_test(test_each_number_taken_from_all),
		cmocka_unit_test(test_two_sets_meet),
		cmocka_unit_test(test_one_in_common_is_enough),
		cmocka_unit_test(test_join_keep_and_cut),
		cmocka_unit_test(test_join_keep_and_cut_at_each_edge),
		cmocka_unit_test(test_with_nothing_with_all_and_with_itself),
		cmocka_unit_test(test_the_next_number),
		cmocka_unit_test(test_the_next_number_from_edge_to_edge),
		cmocka_unit_test(test_each_while_they_are_removed),
		cmocka_unit_test(test_any_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
