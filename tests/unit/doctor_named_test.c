/* Which findings a name means. */
#include "tests/unit/host.h"

#include "doctor/doctor.h"
#include "doctor/named.h"

static struct doctor d;

/* A container, 10 and 11, that does not end; tasks 20 and 21 wait elsewhere. */
static int
two(void **state)
{
	scene(state);
	thread(process(20, OURS, HOST_MOUNTS, false), CAUSE_NFS, 20000);
	p->tasks.thread[thread(3, CAUSE_NFS, 20000)].tid = 22;
	thread(process(21, OURS, HOST_MOUNTS, false), CAUSE_NFS, 20000);
	d = (struct doctor){ .picture = p };
	findings_make(&d.findings, p, 10000, NULL);
	assert_int_equal(d.findings.count, 2);
	return 0;
}

/* The finding that is called so; NONE, or that it is both. */
static int
called(const char *name)
{
	d.options.container = name;
	assert_null(named(&d, 1));
	return named(&d, 0) ? (int)(named(&d, 0) - d.findings.finding) : NONE;
}

static void
test_every_pid_that_the_report_shows_is_a_name(void **state)
{
	(void)state;
	assert_int_equal(called("10"), 0);
	assert_int_equal(called("11"), 0);
	assert_int_equal(called("20"), 1);
	assert_int_equal(called("21"), 1);
	assert_int_equal(called("22"), 1); /* a thread of 20 */
}

static void
test_no_other_number_is(void **state)
{
	(void)state;
	assert_int_equal(called("1"), NONE); /* a process that is well */
	assert_int_equal(called("2"), NONE);
	assert_int_equal(called("100"), NONE); /* the id of the namespace */
	assert_int_equal(called(""), NONE);
}

/* A pid stays that one's: its container may have another namespace that hangs. */
static void
test_a_pid_is_settled_already(void **state)
{
	(void)state;
	keep(p->tasks.namespace[0].container,
	    sizeof(p->tasks.namespace[0].container), "0123456789abcdef");
	assert_int_equal(called("11"), 0);
	named_settle(&d);
	assert_string_equal(d.options.container, "11");
	assert_int_equal(called("0123456789ab"), 0);
	named_settle(&d);
	assert_string_equal(d.options.container, "0123456789abcdef");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, two)
		T(test_every_pid_that_the_report_shows_is_a_name),
		T(test_no_other_number_is),
		T(test_a_pid_is_settled_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
