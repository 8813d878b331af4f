/* Waiting for a child: its end, the deadline, and no busy loop on the way. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/child.h"
#include "src/base/clock.h"

#define WAIT_MS 300
#define LITTLE_MS 50 /* of CPU; one that spins takes all of WAIT_MS */

static pid_t
child_that_exits(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	return pid;
}

static void
test_its_status(void **state)
{
	(void)state;
	for (int status = 0; status < 256; status += 5)
		assert_int_equal(child_wait(child_that_exits(status),
				     now_ms() + 10000),
		    status);
}

static void
test_no_child_of_ours(void **state)
{
	(void)state;
	assert_int_equal(child_wait(getppid(), now_ms() + 10000), CHILD_FAILED);
}

/* Its parent can reap a zombie only once the tracer has. */
static void
test_a_zombie_that_is_traced(void **state)
{
	int traced[2];
	pid_t child, tracer;
	long long ran = cpu_ms(), end;
	char byte;

	(void)state;
	assert_int_equal(pipe(traced), 0);
	child = fork();
	if (child == 0) {
		(void)!read(traced[0], &byte, 1);
		_exit(0);
	}
	tracer = fork();
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* should we fail */
		if (ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0)
			(void)!write(traced[1], "", 1);
		for (;;)
			pause();
	}
	end = now_ms() + WAIT_MS;
	assert_int_equal(child_wait(child, end), CHILD_LATE);
	assert_true(now_ms() >= end);
	assert_true(cpu_ms() - ran < LITTLE_MS);
	kill(tracer, SIGKILL);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	assert_int_equal(child_wait(child, now_ms() + 10000), 0);
	close(traced[0]);
	close(traced[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_status),
		cmocka_unit_test(test_no_child_of_ours),
		cmocka_unit_test(test_a_zombie_that_is_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
