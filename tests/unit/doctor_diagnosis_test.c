/* Whose fault the doctor finds it to be, and what it may touch. */
#include "tests/unit/unit.h"

#include "doctor/diagnosis.h"
#include "doctor/verdict.h"

#define OURS 1	  /* the PID namespace of the host */
#define DYING 100 /* ids of PID namespaces */
#define OTHER 200
#define INNER 300 /* below DYING */
#define HOST_MOUNTS 11
#define DYING_MOUNTS 12
#define OTHER_MOUNTS 13

static struct picture *p;
static struct findings all;

static int
process(pid_t pid, unsigned pid_namespace, unsigned mounts, bool exiting)
{
	p->process[p->processes] = (struct process){
		.pid = pid,
		.pid_namespace = pid_namespace,
		.mnt_namespace = mounts,
		.exiting = exiting,
		.inner = 2,
		.comm = "x",
	};
	return p->processes++;
}

static void
a_namespace(unsigned id, unsigned parent, int init, bool dying)
{
	p->namespace[p->namespaces++] = (struct pidns){
		.id = id, .parent = parent, .init = init, .dying = dying
	};
}

static int
thread(int of, enum cause cause, long long waits_ms)
{
	p->thread[p->threads] = (struct thread){ .process = of,
		.tid = p->process[of].pid,
		.cause = cause,
		.waits_ms = waits_ms };
	return p->threads++;
}

static void
mounted(unsigned mounts, unsigned connection)
{
	p->mounted[p->mounts++] = (struct mounted){ .mnt_namespace = mounts,
		.connection = connection };
}

static void
connection(unsigned id, unsigned waiting)
{
	p->connection[p->connections++] =
	    (struct connection){ .id = id, .waiting = waiting };
}

static void
holder(int of, unsigned connection_id)
{
	p->holder[p->holders++] = (struct holder){ .process = of,
		.connection = connection_id,
		.mnt_namespace = p->process[of].mnt_namespace };
}

/* A host with a process, and a container that does not end. */
static int
scene(void **state)
{
	int init;

	(void)state;
	if (!p)
		p = picture_new();
	assert_non_null(p);
	p->processes = p->namespaces = p->threads = p->mounts = 0;
	p->holders = p->connections = 0;
	p->pid_namespace = OURS;
	process(1, OURS, HOST_MOUNTS, false);
	init = process(10, DYING, DYING_MOUNTS, true);
	process(11, DYING, DYING_MOUNTS, true);
	a_namespace(DYING, OURS, init, true);
	thread(1, CAUSE_ZAP, 20000);
	thread(2, CAUSE_ANSWER, 20000);
	return 0;
}

static const struct finding *
the_finding(int suspects)
{
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.finding[0].suspects, suspects);
	return &all.finding[0];
}

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
test_what_has_waited_too_short_is_nothing(void **state)
{
	(void)state;
	p->thread[0].waits_ms = p->thread[1].waits_ms = 9999;
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 0);
}

static void
test_where_no_time_is_told_what_stays_counts(void **state)
{
	const bool still[] = { true, true };

	(void)state;
	p->thread[0].waits_ms = p->thread[1].waits_ms = -1;
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 0);
	findings_make(&all, p, 10000, still);
	assert_int_equal(all.count, 1);
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

/* The system call says which file: then it is no other mount that is seen. */
static void
test_the_connection_of_the_call_is_sure(void **state)
{
	(void)state;
	p->thread[1].connection = 45;
	mounted(DYING_MOUNTS, 45);
	mounted(DYING_MOUNTS, 46);
	connection(46, 1);
	connection(45, 1);
	assert_int_equal(the_finding(1)->suspect[0].connection, 45);
}

static void
test_what_is_not_fuse_is_explained_only(void **state)
{
	char sentence[512], command[512];
	const struct finding *f;

	(void)state;
	p->thread[1].cause = CAUSE_NFS;
	connection(45, 1); /* by elimination: not for NFS */
	f = the_finding(0);
	assert_int_equal(f->advice, ADVICE_ELSEWHERE);
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	assert_string_equal(sentence, "not FUSE (nfs)");
	assert_non_null(strstr(command, "umount -f"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, scene)
		T(test_its_own_connection_is_released),
		T(test_what_has_waited_too_short_is_nothing),
		T(test_where_no_time_is_told_what_stays_counts),
		T(test_a_connection_without_requests_is_no_suspect),
		T(test_a_living_server_holds_it),
		T(test_a_living_holder_of_something_untold_holds_what_it_sees),
		T(test_a_dying_server_does_not),
		T(test_who_lives_and_sees_it_shares_it),
		T(test_another_that_is_ending_does_not),
		T(test_an_inner_namespace_is_part_of_the_outer_one),
		T(test_one_that_is_left_over_is_released),
		T(test_several_that_are_left_over_are_asked_for),
		T(test_what_another_finding_explains_is_not_left_over),
		T(test_the_connection_of_the_call_is_sure),
		T(test_what_is_not_fuse_is_explained_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
