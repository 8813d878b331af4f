/* What the doctor finds: who has waited for too long, and for what. */
#include "tests/unit/host.h"

#include "doctor/cause.h"
#include "doctor/verdict.h"

static void
test_what_has_waited_too_short_is_nothing(void **state)
{
	(void)state;
	p->tasks.thread[0].waits.ms = p->tasks.thread[1].waits.ms = 9999;
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 0);
}

static void
test_where_no_time_is_told_what_stays_counts(void **state)
{
	const bool still[] = { true, true };

	(void)state;
	p->tasks.thread[0].waits.ms = p->tasks.thread[1].waits.ms = -1;
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 0);
	findings_make(&all, p, 10000, still);
	assert_int_equal(all.count, 1);
}

static void
test_an_inner_namespace_is_part_of_the_outer_one(void **state)
{
	int init = process(30, INNER, DYING_MOUNTS, false);

	(void)state;
	a_namespace(INNER, DYING, init, true);
	thread(init, CAUSE_ANSWER, 20000);
	mounted(DYING_MOUNTS, 45);
	connection(45, 2);
	assert_int_equal(the_finding(1)->threads, 3);
}

static void
test_what_is_not_fuse_is_explained_only(void **state)
{
	char sentence[512], command[512];
	const struct finding *f;

	(void)state;
	p->tasks.thread[1].cause = CAUSE_NFS;
	connection(45, 1); /* by elimination: not for NFS */
	f = the_finding(0);
	assert_int_equal(f->advice, ADVICE_ELSEWHERE);
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	assert_string_equal(sentence, "not FUSE (nfs)");
	assert_non_null(strstr(command, "umount -f"));
}

/* As who may not read others' functions sees it; or of one thread only. */
static void
test_what_cannot_be_told_is_not_called_something_else(void **state)
{
	char sentence[512], command[512];
	const struct finding *f;

	(void)state;
	p->tasks.thread[0].cause = p->tasks.thread[1].cause = cause_of("");
	p->sight.reads_others = false;
	f = the_finding(0);
	assert_int_equal(f->advice, ADVICE_ELSEWHERE);
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	assert_non_null(strstr(sentence, "cannot be told"));
	assert_non_null(strstr(sentence, "CAP_SYS_PTRACE"));
	assert_string_equal(command, "");
	p->sight.reads_others = true;
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	assert_null(strstr(sentence, "CAP_SYS_PTRACE"));
	p->tasks.thread[1].cause = CAUSE_NFS;
	assert_int_equal(the_finding(0)->cause, CAUSE_NFS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, scene)
		T(test_what_has_waited_too_short_is_nothing),
		T(test_where_no_time_is_told_what_stays_counts),
		T(test_an_inner_namespace_is_part_of_the_outer_one),
		T(test_what_is_not_fuse_is_explained_only),
		T(test_what_cannot_be_told_is_not_called_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
