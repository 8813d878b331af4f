/* Children with a deadline, how they ended, and the status of a shell. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "src/base/child.h"
#include "src/base/clock.h"

#define SOON 50	   /* ms: a deadline that comes */
#define LONG 60000 /* ms: one that must not */
#define UNTOUCHED -7

/* How they ended ---------------------------------------------------------- */

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
	assert_int_equal(child_reap(&ending), 1);
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
linger(int unused)
{
	(void)unused;
	wait_for_kill();
}

static void
test_nobody_is_dead_yet(void **state)
{
	struct ending ending;
	pid_t pid = child_that(linger, 0);

	(void)state;
	assert_int_equal(child_reap(&ending), 0);
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
	assert_int_equal(child_reap(&ending), 0);
	kill(pid, SIGKILL);
	assert_true(reap(pid).signalled);
}

static void
test_no_child_at_all(void **state)
{
	struct ending ending;

	(void)state;
	assert_int_equal(child_reap(&ending), -1);
}

/* With a deadline ----------------------------------------------------------- */

static void
sleep_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void
assert_no_child(void)
{
	struct ending ending;

	assert_int_equal(child_reap(&ending), -1);
}

static int
give(void *context)
{
	return *(int *)context;
}

static int
give_later(void *context)
{
	sleep_ms(SOON);
	return *(int *)context;
}

static int
die(void *context)
{
	die_by(*(int *)context);
	return 0;
}

static int
stay(void *context)
{
	(void)context;
	wait_for_kill();
}

static int
stop(void *context)
{
	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	raise(SIGSTOP);
	return 0;
}

static void
test_what_the_work_returns(void **state)
{
	(void)state;
	for (int value = 0; value < 256; value++) {
		pid_t late = UNTOUCHED;

		assert_int_equal(child_run(give, &value, 0, now_ms() + LONG,
				     &late),
		    value);
		assert_int_equal(late, UNTOUCHED);
	}
	assert_no_child(); /* each was reaped */
}

static void
test_there_may_be_no_deadline(void **state)
{
	int value = 45;
	pid_t late = UNTOUCHED;

	(void)state;
	assert_int_equal(child_run(give_later, &value, 0, NEVER, &late), 45);
	assert_no_child();
}

static void
test_one_that_dies_of_a_signal_has_failed(void **state)
{
	static const int numbers[] = { SIGKILL, SIGTERM, SIGPIPE, 1, 2, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		int number = numbers[i];
		pid_t late = UNTOUCHED;

		assert_int_equal(child_run(die, &number, 0, now_ms() + LONG,
				     &late),
		    CHILD_FAILED);
		assert_int_equal(late, UNTOUCHED);
	}
	assert_no_child();
}

/* It was killed, and is left to the reaper. */
static void
assert_killed(pid_t late)
{
	struct ending ending;

	assert_true(late > 0);
	ending = reap(late);
	assert_true(ending.signalled);
	assert_int_equal(ending.code, SIGKILL);
	assert_no_child();
}

static void
test_one_that_is_late_is_killed(void **state)
{
	long long start = now_ms();
	pid_t late = UNTOUCHED;

	(void)state;
	assert_int_equal(child_run(stay, NULL, 0, start + SOON, &late),
	    CHILD_LATE);
	assert_true(now_ms() >= start + SOON);
	assert_killed(late);
}

static void
test_a_stopped_one_is_late(void **state)
{
	pid_t late = UNTOUCHED;

	(void)state;
	assert_int_equal(child_run(stop, NULL, 0, now_ms() + SOON, &late),
	    CHILD_LATE);
	assert_killed(late);
}

/* Who has ended by then is not late, however long ago the deadline was. */
static void
test_a_deadline_in_the_past(void **state)
{
	pid_t late = UNTOUCHED, pid;
	siginfo_t info;

	(void)state;
	assert_int_equal(child_run(stay, NULL, 0, now_ms() - 1, &late),
	    CHILD_LATE);
	assert_killed(late);
	pid = child_that(_exit, 45);
	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(child_wait(pid, 0), 45);
	assert_no_child();
}

static void
test_wait_for_one_that_was_started(void **state)
{
	pid_t pid = child_start(0);

	(void)state;
	if (pid == 0) {
		sleep_ms(SOON);
		_exit(45);
	}
	assert_true(pid > 0);
	assert_int_equal(child_wait(pid, now_ms() + LONG), 45);
	pid = child_that(linger, 0);
	assert_int_equal(child_wait(pid, now_ms() + SOON), CHILD_LATE);
	assert_killed(pid);
}

/* The others stay: only the one that is meant is waited for and reaped. */
static void
test_another_child_that_is_dead(void **state)
{
	pid_t other = child_that(_exit, 1), pid;
	siginfo_t info;

	(void)state;
	assert_int_equal(waitid(P_PID, other, &info, WEXITED | WNOWAIT), 0);
	pid = child_that(linger, 0);
	assert_int_equal(child_wait(pid, now_ms() + SOON), CHILD_LATE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(reap(other).code, 1);
	assert_no_child();
}

static void
test_nobodys_child_has_failed(void **state)
{
	pid_t pid = child_that(_exit, 0);

	(void)state;
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(child_wait(pid, now_ms() + LONG), CHILD_FAILED);
}

static void
test_one_that_cannot_be_started_has_failed(void **state)
{
	int value = 0;
	pid_t late = UNTOUCHED;

	(void)state;
	/* No thread without CLONE_SIGHAND and CLONE_VM: clone(2). */
	assert_int_equal(child_start(CLONE_THREAD), -1);
	assert_int_equal(child_run(give, &value, CLONE_THREAD, now_ms() + LONG,
			     &late),
	    CHILD_FAILED);
	assert_int_equal(late, UNTOUCHED);
}

/* Where no more files may be open there is no pidfd: it looks now and then. */
static void
test_without_a_pidfd(void **state)
{
	struct rlimit before, none;
	int value = 45, next = dup(STDERR_FILENO), result[2];
	long long start = now_ms(), took;
	pid_t late = UNTOUCHED;

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(dup(STDERR_FILENO), -1);
	result[0] = child_run(give_later, &value, 0, start + LONG, &late);
	took = now_ms() - start;
	result[1] = child_run(stay, NULL, 0, now_ms() + SOON, &late);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result[0], 45);
	assert_true(took < LONG / 2);
	assert_int_equal(result[1], CHILD_LATE);
	assert_killed(late);
}

/* No descriptor of ours is left over by any of it. */
static void
test_no_descriptor_is_left(void **state)
{
	int before = dup(STDERR_FILENO), after, value = SIGKILL;
	pid_t late = UNTOUCHED;

	(void)state;
	close(before);
	child_run(give, &value, 0, now_ms() + LONG, &late);
	child_run(die, &value, 0, now_ms() + LONG, &late);
	assert_int_equal(child_run(stay, NULL, 0, now_ms() + SOON, &late),
	    CHILD_LATE);
	assert_killed(late);
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(after, before);
}

static int seen = 1;

static int
close_it(void *context)
{
	seen = 2;
	return close(*(int *)context);
}

/* Memory of its own in any case; descriptors of ours only if it is said. */
static void
test_what_is_shared(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t late = UNTOUCHED;

	(void)state;
	assert_int_equal(child_run(close_it, &fd, 0, now_ms() + LONG, &late),
	    0);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	assert_int_equal(child_run(close_it, &fd, CLONE_FILES, now_ms() + LONG,
			     &late),
	    0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(seen, 1);
}

static void
test_sigchld_tells_of_its_end(void **state)
{
	const struct timespec most = { LONG / 1000, 0 };
	sigset_t child, before;
	siginfo_t info;
	pid_t pid;

	(void)state;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	while (sigtimedwait(&child, &info, &(struct timespec){ 0, 0 }) > 0)
		;
	pid = child_start(0);
	if (pid == 0)
		_exit(45);
	assert_int_equal(sigtimedwait(&child, &info, &most), SIGCHLD);
	assert_int_equal(info.si_pid, pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(reap(pid).code, 45);
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
		cmocka_unit_test(test_what_the_work_returns),
		cmocka_unit_test(test_there_may_be_no_deadline),
		cmocka_unit_test(test_one_that_dies_of_a_signal_has_failed),
		cmocka_unit_test(test_one_that_is_late_is_killed),
		cmocka_unit_test(test_a_stopped_one_is_late),
		cmocka_unit_test(test_a_deadline_in_the_past),
		cmocka_unit_test(test_wait_for_one_that_was_started),
		cmocka_unit_test(test_another_child_that_is_dead),
		cmocka_unit_test(test_nobodys_child_has_failed),
		cmocka_unit_test(test_one_that_cannot_be_started_has_failed),
		cmocka_unit_test(test_without_a_pidfd),
		cmocka_unit_test(test_no_descriptor_is_left),
		cmocka_unit_test(test_what_is_shared),
		cmocka_unit_test(test_sigchld_tells_of_its_end),
	};

	alarm(LONG / 1000); /* a wait that does not end is a failure too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
