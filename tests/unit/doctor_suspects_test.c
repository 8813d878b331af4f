/* Whose fault the doctor finds it to be, and what it may touch. */
#include "tests/unit/host.h"

static void
test_its_own_connection_is_released(void **state)
{
	const struct finding *f;

	(void)state;
	mounted(DYING_MOUNTS, 45);
	connection(45, 1);
	f = the_finding(1);
	assert_int_equal(f->namespace, 0);
	assert_int_equal(f->cause, CAUSE_ANSWER);
	assert_int_equal(f->advice, ADVICE_RELEASE);
	assert_true(f->suspect[0].sure);
	assert_int_equal(f->suspect[0].hold, HOLD_NONE);
}

static void
test_a_connection_without_requests_is_no_suspect(void **state)
{
	(void)state;
	mounted(DYING_MOUNTS, 45);
	connection(45, 0);
	assert_int_equal(the_finding(0)->advice, ADVICE_ELSEWHERE);
}

static void
test_a_living_server_holds_it(void **state)
{
	(void)state;
	mounted(DYING_MOUNTS, 45);
	connection(45, 1);
	holder(0, 45);
	assert_int_equal(the_finding(1)->advice, ADVICE_SERVER);
	assert_int_equal(all.finding[0].suspect[0].hold, HOLD_SERVED);
}

/* Before Linux 6.16 its fdinfo does not tell which one it serves. */
static void
test_a_living_holder_of_something_untold_holds_what_it_sees(void **state)
{
	(void)state;
	mounted(DYING_MOUNTS, 45);
	mounted(HOST_MOUNTS, 45);
	connection(45, 1);
	holder(0, 0);
	assert_int_equal(the_finding(1)->advice, ADVICE_SERVER);
}

static void
test_a_dying_server_does_not(void **state)
{
	(void)state;
	mounted(DYING_MOUNTS, 45);
	connection(45, 1);
	holder(2, 45);
	assert_int_equal(the_finding(1)->advice, ADVICE_RELEASE);
	assert_int_equal(all.finding[0].suspect[0].server, 2);
}

static void
test_who_lives_and_sees_it_shares_it(void **state)
{
	(void)state;
	mounted(DYING_MOUNTS, 45);
	mounted(HOST_MOUNTS, 45);
	connection(45, 1);
	assert_int_equal(the_finding(1)->advice, ADVICE_SHARED);
}

/* Quorum: every container that shares it is itself ending. */
static void
test_another_that_is_ending_does_not(void **state)
{
	int other = process(20, OTHER, OTHER_MOUNTS, true);

	(void)state;
	a_namespace(OTHER, OURS, other, true);
	mounted(DYING_MOUNTS, 45);
	mounted(OTHER_MOUNTS, 45);
	connection(45, 1);
	assert_int_equal(the_finding(1)->advice, ADVICE_RELEASE);
}

static void
test_one_that_is_left_over_is_released(void **state)
{
	(void)state;
	connection(45, 1);
	assert_int_equal(the_finding(1)->advice, ADVICE_RELEASE);
	assert_false(all.finding[0].suspect[0].sure);
}

static void
test_several_that_are_left_over_are_asked_for(void **state)
{
	(void)state;
	connection(45, 1);
	connection(46, 1);
	assert_int_equal(the_finding(2)->advice, ADVICE_ASK);
}

static void
test_what_another_finding_explains_is_not_left_over(void **state)
{
	int other = process(20, OTHER, OTHER_MOUNTS, true);

	(void)state;
	a_namespace(OTHER, OURS, other, true);
	thread(other, CAUSE_ANSWER, 20000);
	mounted(OTHER_MOUNTS, 46);
	connection(46, 1); /* explained by the other one */
	connection(45, 1);
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 2);
	assert_int_equal(all.finding[0].suspects, 1);
	assert_int_equal(all.finding[0].suspect[0].connection, 45);
	assert_int_equal(all.finding[0].advice, ADVICE_RELEASE);
	assert_int_equal(all.finding[1].suspect[0].connection, 46);
}

/* Also if that has only begun to end, and is no finding yet. */
static void
test_what_another_that_is_ending_has_is_not_left_over(void **state)
{
	int other = process(20, OTHER, OTHER_MOUNTS, true);

	(void)state;
	a_namespace(OTHER, OURS, other, true);
	thread(other, CAUSE_ANSWER, 100);
	mounted(OTHER_MOUNTS, 46);
	connection(46, 1);
	holder(other, 47);
	connection(47, 1);
	assert_int_equal(the_finding(0)->advice, ADVICE_ELSEWHERE);
}

/* The system call says which file: then it is no other mount that is seen. */
static void
test_the_connection_of_the_call_is_sure(void **state)
{
	(void)state;
	p->tasks.thread[1].on.connection = 45;
	mounted(DYING_MOUNTS, 45);
	mounted(DYING_MOUNTS, 46);
	connection(46, 1);
	connection(45, 1);
	assert_int_equal(the_finding(1)->suspect[0].connection, 45);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, scene)
		T(test_its_own_connection_is_released),
		T(test_a_connection_without_requests_is_no_suspect),
		T(test_a_living_server_holds_it),
		T(test_a_living_holder_of_something_untold_holds_what_it_sees),
		T(test_a_dying_server_does_not),
		T(test_who_lives_and_sees_it_shares_it),
		T(test_another_that_is_ending_does_not),
		T(test_one_that_is_left_over_is_released),
		T(test_several_that_are_left_over_are_asked_for),
		T(test_what_another_finding_explains_is_not_left_over),
		T(test_what_another_that_is_ending_has_is_not_left_over),
		T(test_the_connection_of_the_call_is_sure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
