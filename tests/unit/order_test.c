/* Which server is stopped before which. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "src/order.h"

/* A connection each, by letter. */
enum { A = 1, B = 2, C = 4, D = 8, E = 16 };

static void
assert_order(const struct order_server *server, int count, const char *expected,
    bool cycle)
{
	char order[ORDER_MOST + 1] = "";
	int indices[ORDER_MOST];

	assert_int_equal(order_servers(server, count, indices), cycle);
	for (int i = 0; i < count; i++)
		order[i] = (char)('a' + indices[i]);
	order[count] = '\0';
	assert_string_equal(order, expected);
}

#define ASSERT_ORDER(expected, cycle, ...)                              \
	assert_order((const struct order_server[]){ __VA_ARGS__ },      \
	    (int)COUNT(((const struct order_server[]){ __VA_ARGS__ })), \
	    expected, cycle)

static void
test_nobody(void **state)
{
	(void)state;
	assert_false(order_servers(NULL, 0, NULL));
}

static void
test_one(void **state)
{
	(void)state;
	ASSERT_ORDER("a", false, { .serves = A });
}

static void
test_the_newest_goes_first(void **state)
{
	(void)state;
	ASSERT_ORDER("bca", false, { .serves = A, .newness = 1 },
	    { .serves = B, .newness = 9 }, { .serves = C, .newness = 5 });
}

/* a has files on b's mount, b on c's. */
static void
test_a_chain(void **state)
{
	(void)state;
	ASSERT_ORDER("abc", false, { .serves = A, .uses = B, .newness = 1 },
	    { .serves = B, .uses = C, .newness = 2 },
	    { .serves = C, .newness = 3 });
	ASSERT_ORDER("cba", false, { .serves = A, .newness = 3 },
	    { .serves = B, .uses = A, .newness = 2 },
	    { .serves = C, .uses = B, .newness = 1 });
}

/* d on b and c, both of them on a. */
static void
test_a_diamond(void **state)
{
	(void)state;
	ASSERT_ORDER("dcba", false, { .serves = A, .newness = 9 },
	    { .serves = B, .uses = A, .newness = 2 },
	    { .serves = C, .uses = A, .newness = 3 },
	    { .serves = D, .uses = B | C, .newness = 1 });
}

/* It holds files of its own mount: that needs nobody else. */
static void
test_self_use_is_no_cycle(void **state)
{
	(void)state;
	ASSERT_ORDER("a", false, { .serves = A, .uses = A });
	ASSERT_ORDER("ba", false, { .serves = A, .uses = A, .newness = 1 },
	    { .serves = B, .uses = A | B, .newness = 2 });
	ASSERT_ORDER("ab", false, { .serves = A, .uses = A | B, .newness = 1 },
	    { .serves = B, .uses = B, .newness = 2 });
}

static void
test_two_that_hold_each_other(void **state)
{
	(void)state;
	ASSERT_ORDER("ba", true, { .serves = A, .uses = B, .newness = 1 },
	    { .serves = B, .uses = A, .newness = 2 });
	ASSERT_ORDER("ab", true, { .serves = A, .uses = B, .newness = 2 },
	    { .serves = B, .uses = A, .newness = 1 });
}

/* Once its newest is gone, the rest of a ring is a chain. */
static void
test_a_ring(void **state)
{
	(void)state;
	ASSERT_ORDER("bca", true, { .serves = A, .uses = B, .newness = 1 },
	    { .serves = B, .uses = C, .newness = 3 },
	    { .serves = C, .uses = A, .newness = 2 });
}

static void
test_who_is_in_no_cycle_goes_before_it(void **state)
{
	(void)state;
	ASSERT_ORDER("cba", true, { .serves = A, .uses = B, .newness = 2 },
	    { .serves = B, .uses = A, .newness = 3 },
	    { .serves = C, .uses = A, .newness = 1 });
}

static void
test_who_serves_several(void **state)
{
	(void)state;
	ASSERT_ORDER("bca", false, { .serves = A | B, .newness = 9 },
	    { .serves = C, .uses = A, .newness = 2 },
	    { .serves = D, .uses = B, .newness = 1 });
}

static void
test_use_of_what_nobody_serves(void **state)
{
	(void)state;
	ASSERT_ORDER("ba", false, { .serves = A, .uses = E, .newness = 1 },
	    { .serves = B, .newness = 2 });
}

/* Forked from another holder of the same /dev/fuse. */
static void
test_a_second_holder_goes_last(void **state)
{
	(void)state;
	ASSERT_ORDER("ab", false, { .serves = A, .newness = 1 },
	    { .serves = A, .newness = 2, .second = true });
	ASSERT_ORDER("bca", false,
	    { .serves = A, .newness = 9, .second = true },
	    { .serves = C, .newness = 3 }, { .serves = A, .newness = 2 });
}

static void
test_a_second_holder_that_uses_the_mount_is_not_waited_for(void **state)
{
	(void)state;
	ASSERT_ORDER("ab", false, { .serves = A, .newness = 1 },
	    { .serves = A, .uses = A, .newness = 2, .second = true });
	ASSERT_ORDER("cab", false, { .serves = A, .newness = 1 },
	    { .serves = A, .uses = A | C, .newness = 3, .second = true },
	    { .serves = C, .newness = 2 });
}

static void
test_a_second_holder_goes_after_a_cycle_too(void **state)
{
	(void)state;
	ASSERT_ORDER("bac", true, { .serves = A, .uses = B, .newness = 1 },
	    { .serves = B, .uses = A, .newness = 2 },
	    { .serves = C, .newness = 3, .second = true });
}

static void
test_second_holders_among_themselves(void **state)
{
	(void)state;
	ASSERT_ORDER("acb", false, { .serves = A, .newness = 1 },
	    { .serves = A, .newness = 2, .second = true },
	    { .serves = A, .newness = 3, .second = true });
}

static void
test_sixty_four(void **state)
{
	struct order_server server[ORDER_MOST];
	int order[ORDER_MOST];

	(void)state;
	/* No relation: the newest first. */
	for (int i = 0; i < ORDER_MOST; i++)
		server[i] = (struct order_server){ .serves = UINT64_C(1) << i,
			.newness = (unsigned)i };
	assert_false(order_servers(server, ORDER_MOST, order));
	for (int i = 0; i < ORDER_MOST; i++)
		assert_int_equal(order[i], ORDER_MOST - 1 - i);
	/* A chain through all of them, against newness. */
	for (int i = 0; i + 1 < ORDER_MOST; i++)
		server[i].uses = UINT64_C(1) << (i + 1);
	assert_false(order_servers(server, ORDER_MOST, order));
	for (int i = 0; i < ORDER_MOST; i++)
		assert_int_equal(order[i], i);
	/* And closed to a ring. */
	server[ORDER_MOST - 1].uses = 1;
	assert_true(order_servers(server, ORDER_MOST, order));
	assert_int_equal(order[0], ORDER_MOST - 1);
	for (int i = 1; i < ORDER_MOST; i++)
		assert_int_equal(order[i], i - 1);
}

/* Everybody exactly once, and without cycles nobody before its users. */
static void
test_any_relation(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int run = 0; run < 5000; run++) {
		int count = 1 + (int)(random_next(&seed) % ORDER_MOST);
		struct order_server server[ORDER_MOST] = { 0 };
		int order[ORDER_MOST], place[ORDER_MOST];
		bool acyclic = random_next(&seed) % 2, cycle;

		for (int i = 0; i < count; i++) {
			uint64_t uses = random_next(&seed) & random_next(&seed);

			server[i].serves = UINT64_C(1) << i;
			server[i].newness = (unsigned)random_next(&seed) % 100;
			server[i].uses =
			    acyclic ? uses & (server[i].serves - 1) : uses;
			place[i] = -1;
		}
		cycle = order_servers(server, count, order);
		for (int i = 0; i < count; i++) {
			assert_in_range(order[i], 0, count - 1);
			assert_int_equal(place[order[i]], -1);
			place[order[i]] = i;
		}
		assert_false(acyclic && cycle);
		for (int i = 0; !cycle && i < count; i++)
			for (int j = 0; j < count; j++)
				if (i != j && server[i].uses & server[j].serves)
					assert_true(place[i] < place[j]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_the_newest_goes_first),
		cmocka_unit_test(test_a_chain),
		cmocka_unit_test(test_a_diamond),
		cmocka_unit_test(test_self_use_is_no_cycle),
		cmocka_unit_test(test_two_that_hold_each_other),
		cmocka_unit_test(test_a_ring),
		cmocka_unit_test(test_who_is_in_no_cycle_goes_before_it),
		cmocka_unit_test(test_who_serves_several),
		cmocka_unit_test(test_use_of_what_nobody_serves),
		cmocka_unit_test(test_a_second_holder_goes_last),
		cmocka_unit_test(
		    test_a_second_holder_that_uses_the_mount_is_not_waited_for),
		cmocka_unit_test(test_a_second_holder_goes_after_a_cycle_too),
		cmocka_unit_test(test_second_holders_among_themselves),
		cmocka_unit_test(test_sixty_four),
		cmocka_unit_test(test_any_relation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
