/* Signals by name and number, 1 to 64, and all of them through a signalfd. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/base/signals.h"

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{ "TERM", 15 },
		{ "SIGTERM", 15 },
		{ "sigterm", 15 },
		{ "Term", 15 },
		{ "15", 15 },
		{ "1", 1 },
		{ "64", 64 },
		{ "32", 32 },
		{ "33", 33 },
		{ "HUP", SIGHUP },
		{ "KILL", SIGKILL },
		{ "CHLD", SIGCHLD },
		{ "STKFLT", SIGSTKFLT },
		{ "IO", SIGIO },
		{ "SYS", SIGSYS },
		{ "WINCH", SIGWINCH },
		{ "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 },
		{ "RTMIN", 34 },
		{ "SIGRTMIN", 34 },
		{ "rtmin+0", 34 },
		{ "RTMIN+1", 35 },
		{ "SIGRTMIN+30", 64 },
		{ "RTMAX", 64 },
		{ "RTMAX-0", 64 },
		{ "RTMAX-1", 63 },
		{ "sigrtmax-30", 34 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(signal_number(cases[i].name), cases[i].number);
}

static void
test_no_such_signal(void **state)
{
	static const char *const names[] = { "", "0", "65", "-1", "+15", "15 ",
		" 15", "0x0f", "SIG", "SIG15", "TERMX", "TER", "SIGSIGTERM",
		"RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1", "RTMIN+",
		"RTMAX-", "RTMIN1", "RTMIN+-1", "RTMINX", "EXIT", "NONE",
		"99999999999999999999", "TERM\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (signal_number(names[i]) != -1)
			fail_msg("%s", names[i]);
}

static void
test_number_to_name_and_back(void **state)
{
	int named = 0;

	(void)state;
	for (int number = -2; number < 300; number++) {
		const char *name = signal_name(number);

		if (!name)
			continue;
		named++;
		assert_int_equal(strncmp(name, "SIG", 3), 0);
		assert_int_equal(signal_number(name), number);
	}
	assert_int_equal(named, 31);
	assert_string_equal(signal_name(15), "SIGTERM");
	assert_null(signal_name(32));
	assert_null(signal_name(64));
}

static uint64_t
mask_now(void)
{
	uint64_t mask = 0;

	assert_int_equal(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask,
			     sizeof(mask)),
	    0);
	return mask;
}

static void
test_every_signal_is_blocked_and_given_back(void **state)
{
	const uint64_t some = UINT64_C(1) << (SIGUSR2 - 1) | UINT64_C(1) << 31 |
	    UINT64_C(1) << 33 | UINT64_C(1) << 63;
	const uint64_t unblockable =
	    UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);
	struct signal_state before;
	struct sigaction child;

	(void)state;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &some, NULL, sizeof(some));
	signal(SIGCHLD, SIG_IGN);
	signals_block(&before);
	assert_true((mask_now() | unblockable) == ~UINT64_C(0));
	sigaction(SIGCHLD, NULL, &child);
	assert_ptr_equal(child.sa_handler, SIG_DFL);
	signals_restore(&before);
	assert_true(mask_now() == some);
	sigaction(SIGCHLD, NULL, &child);
	assert_ptr_equal(child.sa_handler, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &(uint64_t){ 0 }, NULL,
	    sizeof(some));
}

static void
send(int number, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = number;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_value.sival_int = value;
	assert_int_equal(syscall(SYS_rt_sigqueueinfo, getpid(), number, &info),
	    0);
}

/* By a signalfd, or where that is refused, with -1 for it, by waiting. */
static void
get(int fd, struct signals *got)
{
	if (fd >= 0)
		assert_int_equal(signals_read(fd, got), 0);
	else
		signals_wait(got, 0);
}

static void
every_signal_comes_with_its_value(int fd)
{
	struct signals got;

	for (int number = 1; number <= SIGNALS; number++) {
		const struct signalfd_siginfo *s = &got.signal[0];

		if (number == SIGKILL || number == SIGSTOP)
			continue;
		send(number, 1000 + number);
		get(fd, &got);
		assert_int_equal(got.count, 1);
		assert_int_equal(s->ssi_signo, number);
		assert_int_equal((int)s->ssi_ptr, 1000 + number);
		assert_int_equal(s->ssi_code, SI_QUEUE);
		assert_int_equal(s->ssi_pid, getpid());
		assert_int_equal(s->ssi_uid, getuid());
	}
	get(fd, &got); /* and does not wait */
	assert_int_equal(got.count, 0);
}

/* Real-time signals are queued, in order, none lost. */
static void
many_of_one(int fd)
{
	struct signals got;
	int i = 0;

	for (int n = 0; n < 100; n++)
		send(34, n);
	for (get(fd, &got); got.count > 0; get(fd, &got)) {
		assert_true(got.count <= SIGNALS_ROUND);
		for (int n = 0; n < got.count; n++)
			assert_int_equal((int)got.signal[n].ssi_ptr, i++);
	}
	assert_int_equal(i, 100);
}

static void
stop_signal_behind_a_flood(int fd)
{
	struct signals got;
	int number = 0;

	for (int n = 0; n < 2 * SIGNALS_ROUND; n++)
		syscall(SYS_tgkill, getpid(), getpid(), 34);
	kill(getpid(), SIGTERM);
	get(fd, &got);
	for (int n = 0; n < got.count && number != SIGTERM; n++)
		number = (int)got.signal[n].ssi_signo;
	assert_int_equal(number, SIGTERM);
	while (got.count > 0)
		get(fd, &got);
}

static void
with_each_way(void (*test)(int fd))
{
	struct signal_state before;
	int fd;

	signals_block(&before);
	fd = signals_open();
	assert_true(fd >= 0);
	test(fd);
	close(fd);
	test(-1);
	signals_restore(&before);
}

static void
test_every_signal_comes_with_its_value(void **state)
{
	(void)state;
	with_each_way(every_signal_comes_with_its_value);
}

static void
test_many_of_one(void **state)
{
	(void)state;
	with_each_way(many_of_one);
}

static void
test_a_stop_signal_behind_a_flood(void **state)
{
	(void)state;
	with_each_way(stop_signal_behind_a_flood);
}

static void
test_one_that_cannot_be_read(void **state)
{
	struct signals got;

	(void)state;
	assert_int_equal(signals_read(-1, &got), -1);
	assert_int_equal(got.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_such_signal),
		cmocka_unit_test(test_number_to_name_and_back),
		cmocka_unit_test(test_every_signal_is_blocked_and_given_back),
		cmocka_unit_test(test_every_signal_comes_with_its_value),
		cmocka_unit_test(test_many_of_one),
		cmocka_unit_test(test_a_stop_signal_behind_a_flood),
		cmocka_unit_test(test_one_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
