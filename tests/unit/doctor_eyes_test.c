/* Children that look: one that waits is given up, one that starves is not. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "doctor/eyes.h"
#include "doctor/picture.h"
#include "doctor/tasks.h"
#include "src/base/clock.h"

#define PROCESSES_HERE 3
#define LONGER_MS 600 /* than a child that waits is given */
#define LEAST 19      /* nice(2): some processor now and then */
#define MOST -19

static struct picture *p;
static int proc;
static pid_t hog;
static int processor;

/* On one processor, with somebody who takes all of it. */
static int
scene(void **state)
{
	cpu_set_t one;

	(void)state;
	if (!p) {
		p = picture_new();
		proc = proc_open();
		processor = sched_getcpu();
	}
	assert_true(p && proc >= 0);
	p->tasks.threads = 0;
	for (int i = 0; i < PROCESSES_HERE; i++)
		p->tasks.process[i] = (struct process){ .pid = getpid() };
	p->tasks.processes = PROCESSES_HERE;
	CPU_ZERO(&one);
	CPU_SET((size_t)processor, &one);
	hog = fork();
	assert_true(hog >= 0);
	if (hog == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)sched_setaffinity(0, sizeof(one), &one);
		for (;;)
			;
	}
	return 0;
}

static int
end_hog(void **state)
{
	(void)state;
	kill(hog, SIGKILL);
	return waitpid(hog, NULL, 0) == hog ? 0 : -1;
}

static void
share_with_hog(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)processor, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

static void
spin_for(long long ms)
{
	long long end = now_ms() + ms;

	while (now_ms() < end)
		;
}

static void
starve(struct picture *picture, int unused, int process)
{
	(void)picture, (void)unused;
	share_with_hog();
	(void)setpriority(PRIO_PROCESS, 0, LEAST);
	spin_for(process == 1 ? LONGER_MS : 0);
}

static void
starve_for_ever(struct picture *picture, int unused, int process)
{
	struct sched_param none = { 0 };

	(void)picture, (void)unused, (void)process;
	share_with_hog();
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	spin_for(60000);
}

static void
run_for_ever(struct picture *picture, int unused, int process)
{
	(void)picture, (void)unused;
	(void)setpriority(PRIO_PROCESS, 0, MOST); /* if we are root */
	spin_for(process == 1 ? 60000 : 0);
}

static void
wait_at_one(struct picture *picture, int unused, int process)
{
	(void)picture, (void)unused;
	if (process == 1)
		wait_for_kill();
}

static void
assert_only_one_is_unseen(void)
{
	for (int i = 0; i < PROCESSES_HERE; i++)
		assert_int_equal(p->tasks.process[i].unseen, i == 1);
}

static void
test_who_starves_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(eyes_look(p, starve, proc), 0);
	for (int i = 0; i < PROCESSES_HERE; i++)
		assert_false(p->tasks.process[i].unseen);
}

/* And not for ever. Nobody is called stuck for it. */
static void
test_who_starves_for_too_long_ends_the_look(void **state)
{
	long long began = now_ms();

	(void)state;
	assert_int_equal(eyes_look(p, starve_for_ever, proc), -1);
	assert_int_equal(errno, ETIME);
	assert_true(now_ms() - began < 5000);
	for (int i = 0; i < PROCESSES_HERE; i++)
		assert_false(p->tasks.process[i].unseen);
}

/* A process with a million files must not keep the doctor from the others. */
static void
test_who_runs_for_too_long_is_passed_over(void **state)
{
	(void)state;
	assert_int_equal(eyes_look(p, run_for_ever, proc), 0);
	assert_only_one_is_unseen();
}

static void
test_who_waits_is_given_up(void **state)
{
	long long began = now_ms();

	(void)state;
	assert_int_equal(eyes_look(p, wait_at_one, proc), 0);
	assert_true(now_ms() - began < 5000);
	assert_only_one_is_unseen();
}

/* Not all of its threads told that they are exiting: it may be a server. */
static void
test_who_was_not_seen_is_not_taken_for_one_that_ends(void **state)
{
	(void)state;
	p->tasks.process[1].unseen = p->tasks.process[1].exiting = true;
	p->tasks.process[2].exiting = true;
	tasks_settle(p, proc);
	assert_false(p->tasks.process[1].exiting);
	assert_true(p->tasks.process[2].exiting);
	assert_int_equal(p->tasks.threads, 1);
	assert_int_equal(p->tasks.thread[0].cause, CAUSE_EXEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, scene, end_hog)
		T(test_who_starves_is_waited_for),
		T(test_who_starves_for_too_long_ends_the_look),
		T(test_who_runs_for_too_long_is_passed_over),
		T(test_who_waits_is_given_up),
		T(test_who_was_not_seen_is_not_taken_for_one_that_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
