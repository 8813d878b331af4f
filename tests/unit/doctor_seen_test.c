/* What watch remembers from one look to the next. */
#include "tests/unit/host.h"

#include "doctor/seen.h"

static struct seen seen;

/* The scene, with one that is stuck, and nothing seen before. */
static int
unseen(void **state)
{
	seen.count = 0;
	return scene(state);
}

/* Looks at `now_ms`: for how long has the only finding been stuck? */
static long long
looks_at(long long now_ms)
{
	const bool still[] = { true, true, true };

	findings_make(&all, p, 10000, still);
	assert_int_equal(all.count, 1);
	seen_note(&seen, &all, p, now_ms);
	return seen_stuck_ms(&seen, &all, 0, now_ms);
}

static void
untold(void)
{
	for (int i = 0; i < p->tasks.threads; i++)
		p->tasks.thread[i].waits.ms = -1;
}

static void
test_where_the_kernel_does_not_tell_it_counts_from_the_first_look(void **state)
{
	(void)state;
	untold();
	assert_int_equal(looks_at(1000), 0);
	assert_int_equal(looks_at(4000), 3000);
	assert_int_equal(looks_at(61000), 60000);
}

static void
test_what_the_kernel_tells_counts_if_it_is_longer(void **state)
{
	(void)state;
	assert_int_equal(looks_at(1000), 20000);
	assert_int_equal(looks_at(31000), 30000);
}

static void
test_what_was_gone_in_between_is_new(void **state)
{
	(void)state;
	untold();
	assert_int_equal(looks_at(1000), 0);
	all.count = 0;
	seen_note(&seen, &all, p, 2000);
	assert_int_equal(looks_at(3000), 0);
}

/* Its number is an inode, which may soon be another namespace's. */
static void
test_a_namespace_is_the_same_while_its_init_is(void **state)
{
	(void)state;
	untold();
	assert_int_equal(looks_at(1000), 0);
	p->tasks.process[1].pid = 12;
	assert_int_equal(looks_at(2000), 0);
	assert_int_equal(looks_at(3000), 1000);
}

/* A task elsewhere. */
static struct thread *
a_task(void)
{
	p->tasks.threads = p->tasks.namespaces = 0;
	p->tasks.processes = 1;
	thread(0, CAUSE_ANSWER, -1);
	p->tasks.thread[0].waits.runs = 5;
	return &p->tasks.thread[0];
}

static void
test_a_task_that_has_run_since_waits_anew(void **state)
{
	struct thread *t = a_task();

	(void)state;
	assert_int_equal(looks_at(1000), 0);
	assert_int_equal(looks_at(2000), 1000);
	t->waits.runs = 6;
	assert_int_equal(looks_at(3000), 0);
	t->tid++;
	assert_int_equal(looks_at(4000), 0);
}

/* One finding more comes before it: it is remembered for what it is. */
static void
test_each_has_its_own_time(void **state)
{
	const bool still[] = { true, true, true };

	(void)state;
	untold();
	assert_int_equal(looks_at(1000), 0);
	p->tasks.thread[2] = p->tasks.thread[0];
	p->tasks.thread[0] = p->tasks.thread[1];
	p->tasks.thread[0].process = 0;
	p->tasks.threads = 3;
	findings_make(&all, p, 10000, still);
	assert_int_equal(all.count, 2);
	assert_int_equal(all.finding[0].namespace, NONE);
	seen_note(&seen, &all, p, 2000);
	assert_int_equal(seen_stuck_ms(&seen, &all, 0, 2000), 0);
	assert_int_equal(seen_stuck_ms(&seen, &all, 1, 2000), 1000);
}

static void
test_a_turn_is_for_a_round(void **state)
{
	(void)state;
	looks_at(1000);
	seen.sighting[0].passed = true;
	looks_at(1000);
	assert_true(seen.sighting[0].passed);
	seen_begin_round(&seen);
	assert_false(seen.sighting[0].passed);
}

static void
test_a_verdict_is_said_once(void **state)
{
	(void)state;
	looks_at(1000);
	assert_true(seen_says(&seen, 0, "its server lives"));
	looks_at(2000);
	assert_false(seen_says(&seen, 0, "its server lives"));
	assert_true(seen_says(&seen, 0, "its server is dead"));
	assert_false(seen_says(&seen, 0, "its server is dead"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, unseen)
		T(test_where_the_kernel_does_not_tell_it_counts_from_the_first_look),
		T(test_what_the_kernel_tells_counts_if_it_is_longer),
		T(test_what_was_gone_in_between_is_new),
		T(test_a_namespace_is_the_same_while_its_init_is),
		T(test_a_task_that_has_run_since_waits_anew),
		T(test_each_has_its_own_time),
		T(test_a_turn_is_for_a_round),
		T(test_a_verdict_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
