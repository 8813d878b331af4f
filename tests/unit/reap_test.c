/* How a process ended, and the status that shells show for it. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "src/reap.h"

static pid_t
child_that(void (*act)(int), int number)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		act(number);
		_exit(99);
	}
	return pid;
}

static void
die_by(int number)
{
	signal(number, SIG_DFL); /* sanitizers take SIGSEGV and the like */
	raise(number);
}

static struct ending
reap(pid_t pid)
{
	struct ending ending;
	siginfo_t info;

	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(reap_one(&ending), 1);
	assert_int_equal(ending.pid, pid);
	return ending;
}

static void
test_exit_statuses(void **state)
{
	(void)state;
	for (int status = 0; status < 256; status++) {
		struct ending e = reap(child_that(_exit, status));

		assert_false(e.signalled);
		assert_int_equal(e.code, status);
		assert_int_equal(ending_status(&e), status);
	}
}

static void
test_signals(void **state)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT,
		SIGKILL, SIGSEGV, SIGPIPE, SIGTERM, SIGUSR1, 34, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct ending e = reap(child_that(die_by, numbers[i]));

		assert_true(e.signalled);
		assert_int_equal(e.code, numbers[i]);
		assert_int_equal(ending_status(&e), 128 + numbers[i]);
	}
}

static void
wait_for_kill(int unused)
{
	(void)unused;
	for (;;)
		pause();
}

static void
test_nobody_is_dead_yet(void **state)
{
	struct ending ending;
	pid_t pid = child_that(wait_for_kill, 0);

	(void)state;
	assert_int_equal(reap_one(&ending), 0);
	kill(pid, SIGKILL);
	assert_int_equal(ending_status(&(struct ending){
			     .signalled = reap(pid).signalled, .code = 9 }),
	    137);
}

/* A stop is no end. */
static void
test_stopped_is_not_dead(void **state)
{
	struct ending ending;
	pid_t pid = child_that(die_by, SIGSTOP);
	siginfo_t info;

	(void)state;
	assert_int_equal(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0);
	assert_int_equal(reap_one(&ending), 0);
	kill(pid, SIGKILL);
	assert_true(reap(pid).signalled);
}

static void
test_no_child_at_all(void **state)
{
	struct ending ending;

	(void)state;
	assert_int_equal(reap_one(&ending), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_statuses),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_nobody_is_dead_yet),
		cmocka_unit_test(test_stopped_is_not_dead),
		cmocka_unit_test(test_no_child_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
