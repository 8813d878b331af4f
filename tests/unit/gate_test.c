/* A gate between two processes. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/gate.h"

#define LONG_MS 10000
#define SHORT_MS 50

static struct gate *
closed_gate(void)
{
	struct gate *gate = mmap(NULL, sizeof(*gate), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(gate != MAP_FAILED);
	return gate;
}

static void
test_one_that_is_open(void **state)
{
	struct gate *gate = closed_gate();
	long long began = now_ms();

	(void)state;
	gate_open(gate);
	gate_await(gate, LONG_MS);
	gate_await(gate, LONG_MS);
	assert_true(now_ms() - began < LONG_MS / 2);
}

/* Whoever comes first: a hundred times. */
static void
test_one_that_is_opened_meanwhile(void **state)
{
	long long began = now_ms();

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct gate *gate = closed_gate();
		pid_t pid = fork();

		if (pid == 0) {
			gate_await(gate, LONG_MS);
			_exit(0);
		}
		if (i % 2)
			usleep(1000);
		gate_open(gate);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		munmap(gate, sizeof(*gate));
	}
	assert_true(now_ms() - began < LONG_MS);
}

static void
test_one_that_stays_closed(void **state)
{
	struct gate *gate = closed_gate();
	long long began = now_ms();

	(void)state;
	gate_await(gate, SHORT_MS);
	assert_true(now_ms() - began >= SHORT_MS - 1);
	assert_true(now_ms() - began < LONG_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_is_open),
		cmocka_unit_test(test_one_that_is_opened_meanwhile),
		cmocka_unit_test(test_one_that_stays_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
