/* Which servers are stopped before which, and which together. */
#include "tests/unit/sets.h"

#include <stdbool.h>

#include "src/fuse/order.h"

#define SOME 64 /* servers, of which each may use each */

/* A connection each, by letter. */
enum { A, B, C, D, E };

/* "a bc": a, and then b and c. */
static void
assert_waves(const struct order_server *server, int count, const char *expected,
    bool cycle)
{
	char order[2 * SOME + 1] = "", *end = order;
	int wave[SOME], waves;
	bool found = !cycle;

	waves = order_waves(server, count, wave, &found);
	assert_int_equal(found, cycle);
	for (int w = 0; w < waves; w++) {
		if (w > 0)
			*end++ = ' ';
		for (int i = 0; i < count; i++)
			if (wave[i] == w)
				*end++ = (char)('a' + i);
	}
	assert_string_equal(order, expected);
}

#define ASSERT_WAVES(expected, cycle, ...)                              \
	assert_waves((const struct order_server[]){ __VA_ARGS__ },      \
	    (int)COUNT(((const struct order_server[]){ __VA_ARGS__ })), \
	    expected, cycle)

static void
test_nobody(void **state)
{
	bool cycle = true;

	(void)state;
	assert_int_equal(order_waves(NULL, 0, NULL, &cycle), 0);
	assert_false(cycle);
}

static void
test_one(void **state)
{
	(void)state;
	ASSERT_WAVES("a", false, { .serves = SET(A) });
}

static void
test_who_is_not_used_goes_together_however_new(void **state)
{
	(void)state;
	ASSERT_WAVES("abc", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(B), .newness = 9 },
	    { .serves = SET(C), .newness = 5 });
}

/* a has files on b's mount, b on c's. */
static void
test_a_chain(void **state)
{
	(void)state;
	ASSERT_WAVES("a b c", false,
	    { .serves = SET(A), .uses = SET(B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(C), .newness = 2 },
	    { .serves = SET(C), .newness = 3 });
	ASSERT_WAVES("c b a", false, { .serves = SET(A), .newness = 3 },
	    { .serves = SET(B), .uses = SET(A), .newness = 2 },
	    { .serves = SET(C), .uses = SET(B), .newness = 1 });
}

/* d on b and c, both of them on a. */
static void
test_a_diamond(void **state)
{
	(void)state;
	ASSERT_WAVES("d bc a", false, { .serves = SET(A), .newness = 9 },
	    { .serves = SET(B), .uses = SET(A), .newness = 2 },
	    { .serves = SET(C), .uses = SET(A), .newness = 3 },
	    { .serves = SET(D), .uses = SET(B, C), .newness = 1 });
}

/* It holds files of its own mount: that needs nobody else. */
static void
test_self_use_is_no_cycle(void **state)
{
	(void)state;
	ASSERT_WAVES("a", false, { .serves = SET(A), .uses = SET(A) });
	ASSERT_WAVES("b a", false,
	    { .serves = SET(A), .uses = SET(A), .newness = 1 },
	    { .serves = SET(B), .uses = SET(A, B), .newness = 2 });
	ASSERT_WAVES("a b", false,
	    { .serves = SET(A), .uses = SET(A, B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(B), .newness = 2 });
}

/* Two that cannot be told apart: who uses what one of them serves goes first. */
static void
test_what_both_may_serve_is_the_others(void **state)
{
	(void)state;
	ASSERT_WAVES("a b", false,
	    { .serves = SET(A, B), .uses = SET(B), .newness = 1 },
	    { .serves = SET(A, B), .newness = 2 });
	ASSERT_WAVES("ab", false,
	    { .serves = SET(A, B), .uses = SET(A), .newness = 1 },
	    { .serves = SET(A, B), .uses = SET(B), .newness = 2 });
}

static void
test_two_that_hold_each_other(void **state)
{
	(void)state;
	ASSERT_WAVES("b a", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(A), .newness = 2 });
	ASSERT_WAVES("a b", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 2 },
	    { .serves = SET(B), .uses = SET(A), .newness = 1 });
}

/* Once its newest is gone, the rest of a ring is a chain. */
static void
test_a_ring(void **state)
{
	(void)state;
	ASSERT_WAVES("b c a", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(C), .newness = 3 },
	    { .serves = SET(C), .uses = SET(A), .newness = 2 });
}

/* The newest of all goes alone, and what it used is free then. */
static void
test_two_rings(void **state)
{
	(void)state;
	ASSERT_WAVES("d c b a", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(A), .newness = 2 },
	    { .serves = SET(C), .uses = SET(D), .newness = 3 },
	    { .serves = SET(D), .uses = SET(C), .newness = 4 });
}

static void
test_who_is_in_no_cycle_goes_before_it(void **state)
{
	(void)state;
	ASSERT_WAVES("c b a", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 2 },
	    { .serves = SET(B), .uses = SET(A), .newness = 3 },
	    { .serves = SET(C), .uses = SET(A), .newness = 1 });
}

static void
test_who_serves_several(void **state)
{
	(void)state;
	ASSERT_WAVES("bc a", false, { .serves = SET(A, B), .newness = 9 },
	    { .serves = SET(C), .uses = SET(A), .newness = 2 },
	    { .serves = SET(D), .uses = SET(B), .newness = 1 });
}

static void
test_use_of_what_nobody_serves(void **state)
{
	(void)state;
	ASSERT_WAVES("ab", false,
	    { .serves = SET(A), .uses = SET(E), .newness = 1 },
	    { .serves = SET(B), .newness = 2 });
}

/* Forked from another holder of the same /dev/fuse. */
static void
test_a_second_holder_goes_last(void **state)
{
	(void)state;
	ASSERT_WAVES("a b", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(A), .newness = 2, .second = true });
	ASSERT_WAVES("bc a", false,
	    { .serves = SET(A), .newness = 9, .second = true },
	    { .serves = SET(C), .newness = 3 },
	    { .serves = SET(A), .newness = 2 });
}

static void
test_a_second_holder_that_uses_the_mount_is_not_waited_for(void **state)
{
	(void)state;
	ASSERT_WAVES("a b", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(A), .uses = SET(A), .newness = 2, .second = true });
	ASSERT_WAVES("ac b", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(A),
		.uses = SET(A, C),
		.newness = 3,
		.second = true },
	    { .serves = SET(C), .newness = 2 });
}

static void
test_a_second_holder_goes_after_a_cycle_too(void **state)
{
	(void)state;
	ASSERT_WAVES("b a c", true,
	    { .serves = SET(A), .uses = SET(B), .newness = 1 },
	    { .serves = SET(B), .uses = SET(A), .newness = 2 },
	    { .serves = SET(C), .newness = 3, .second = true });
}

static void
test_second_holders_among_themselves(void **state)
{
	(void)state;
	ASSERT_WAVES("a bc", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(A), .newness = 2, .second = true },
	    { .serves = SET(A), .newness = 3, .second = true });
	ASSERT_WAVES("a c b", false, { .serves = SET(A), .newness = 1 },
	    { .serves = SET(B), .newness = 2, .second = true },
	    { .serves = SET(C), .uses = SET(B), .newness = 3, .second = true });
}

/* The last first: it may be configured over the others. */
static void
test_declared_ones_go_one_by_one(void **state)
{
	(void)state;
	ASSERT_WAVES("c b a", false,
	    { .serves = SET(A), .turn = 1, .newness = 9 },
	    { .serves = SET(B), .turn = 2, .newness = 5 },
	    { .serves = SET(C), .turn = 3, .newness = 1 });
	ASSERT_WAVES("bc a", false, { .serves = SET(A), .turn = 1 },
	    { .serves = SET(B), .turn = 2 }, { .serves = SET(C) });
}

static void
test_use_is_worth_more_than_the_declaration(void **state)
{
	(void)state;
	ASSERT_WAVES("a b", false,
	    { .serves = SET(A), .uses = SET(B), .turn = 1 },
	    { .serves = SET(B), .turn = 2 });
	ASSERT_WAVES("c b a", false, { .serves = SET(A), .turn = 1 },
	    { .serves = SET(B), .turn = 2 },
	    { .serves = SET(C), .uses = SET(B) });
}

/* Neither a cycle, nor the last first: the first still uses it. */
static void
test_use_through_another_declared_one(void **state)
{
	(void)state;
	ASSERT_WAVES("b a c", false,
	    { .serves = SET(A), .uses = SET(C), .turn = 1 },
	    { .serves = SET(B), .turn = 2 }, { .serves = SET(C), .turn = 3 });
}

/* Whatever was declared: a second holder is waited for by nobody. */
static void
test_declared_second_holders(void **state)
{
	(void)state;
	ASSERT_WAVES("a b", false, { .serves = SET(A), .turn = 1 },
	    { .serves = SET(B), .turn = 2, .second = true });
	ASSERT_WAVES("a c b", false, { .serves = SET(A), .turn = 3 },
	    { .serves = SET(B), .turn = 1, .second = true },
	    { .serves = SET(C), .turn = 2, .second = true });
}

static void
test_as_many_as_there_may_be(void **state)
{
	static struct order_server server[SET_MOST];
	int wave[SET_MOST];
	bool cycle;

	(void)state;
	/* No relation: all at once. */
	for (int i = 0; i < SET_MOST; i++)
		server[i] = (struct order_server){ .serves = SET(i) };
	assert_int_equal(order_waves(server, SET_MOST, wave, &cycle), 1);
	assert_false(cycle);
	for (int i = 0; i < SET_MOST; i++)
		assert_int_equal(wave[i], 0);
	/* All use the last one. */
	for (int i = 0; i < SET_MOST; i++)
		server[i].uses = SET(SET_MOST - 1);
	assert_int_equal(order_waves(server, SET_MOST, wave, &cycle), 2);
	assert_false(cycle);
	for (int i = 0; i < SET_MOST; i++)
		assert_int_equal(wave[i], i == SET_MOST - 1);
}

/* Through all the numbers that there may be, and against newness. */
static void
test_a_long_chain_and_a_long_ring(void **state)
{
	static struct order_server server[SOME];
	int wave[SOME], step = SET_MOST / SOME;
	bool cycle;

	(void)state;
	for (int i = 0; i < SOME; i++)
		server[i] = (struct order_server){
			.serves = SET(i * step + step - 1),
			.newness = (unsigned)i,
		};
	for (int i = 0; i + 1 < SOME; i++)
		server[i].uses = server[i + 1].serves;
	assert_int_equal(order_waves(server, SOME, wave, &cycle), SOME);
	assert_false(cycle);
	for (int i = 0; i < SOME; i++)
		assert_int_equal(wave[i], i);
	server[SOME - 1].uses = server[0].serves;
	assert_int_equal(order_waves(server, SOME, wave, &cycle), SOME);
	assert_true(cycle);
	assert_int_equal(wave[SOME - 1], 0);
	for (int i = 0; i + 1 < SOME; i++)
		assert_int_equal(wave[i], i + 1);
}

/* A quarter of the numbers below `most`. */
static struct set
any_below(int most, uint64_t *seed)
{
	uint64_t bits = random_next(seed) & random_next(seed);
	struct set set = NOTHING;

	for (int i = 0; i < most; i++)
		if (bits >> i & 1)
			set_add(&set, i);
	return set;
}

/* Server i serves connection i, all of them below SOME. */
static int
wave_after_users(const struct order_server *server, int count, const int *wave,
    int i)
{
	int after = 0;

	for (int j = 0; j < count; j++)
		if (i != j && set_has(&server[j].uses, i) && wave[j] >= after)
			after = wave[j] + 1;
	return after;
}

/*
 * Everybody in a wave, and somebody in each; without cycles in the first one
 * that is not before any of its users, nor with one.
 */
static void
test_any_relation(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int run = 0; run < 3000; run++) {
		int count = 1 + (int)(random_next(&seed) % SOME);
		struct order_server server[SOME];
		int wave[SOME], waves;
		bool acyclic = random_next(&seed) % 2, cycle;
		struct set seen = NOTHING;

		for (int i = 0; i < count; i++) {
			server[i] = (struct order_server){
				.serves = SET(i),
				.uses = any_below(acyclic ? i : SOME, &seed),
				.newness = (unsigned)random_next(&seed) % 100,
			};
			wave[i] = -1;
		}
		waves = order_waves(server, count, wave, &cycle);
		for (int i = 0; i < count; i++) {
			assert_in_range(wave[i], 0, waves - 1);
			set_add(&seen, wave[i]);
		}
		for (int w = 0; w < waves; w++)
			assert_true(set_has(&seen, w));
		assert_false(acyclic && cycle);
		for (int i = 0; !cycle && i < count; i++)
			assert_int_equal(wave[i],
			    wave_after_users(server, count, wave, i));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_one),
		cmocka_unit_test(
		    test_who_is_not_used_goes_together_however_new),
		cmocka_unit_test(test_a_chain),
		cmocka_unit_test(test_a_diamond),
		cmocka_unit_test(test_self_use_is_no_cycle),
		cmocka_unit_test(test_what_both_may_serve_is_the_others),
		cmocka_unit_test(test_two_that_hold_each_other),
		cmocka_unit_test(test_a_ring),
		cmocka_unit_test(test_two_rings),
		cmocka_unit_test(test_who_is_in_no_cycle_goes_before_it),
		cmocka_unit_test(test_who_serves_several),
		cmocka_unit_test(test_use_of_what_nobody_serves),
		cmocka_unit_test(test_a_second_holder_goes_last),
		cmocka_unit_test(
		    test_a_second_holder_that_uses_the_mount_is_not_waited_for),
		cmocka_unit_test(test_a_second_holder_goes_after_a_cycle_too),
		cmocka_unit_test(test_second_holders_among_themselves),
		cmocka_unit_test(test_declared_ones_go_one_by_one),
		cmocka_unit_test(test_use_is_worth_more_than_the_declaration),
		cmocka_unit_test(test_use_through_another_declared_one),
		cmocka_unit_test(test_declared_second_holders),
		cmocka_unit_test(test_as_many_as_there_may_be),
		cmocka_unit_test(test_a_long_chain_and_a_long_ring),
		cmocka_unit_test(test_any_relation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
