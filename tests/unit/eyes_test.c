/* A look's child that is held up, and one that is only given no processor. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/fuse/eyes.h"
#include "src/fuse/view.h"

#define STALL_MS 150
#define MOST_MS 3000
#define SLICE_MS 20 /* that an idle child runs until another one is preferred */
#define TRIES 8	    /* until it had to wait long enough */

struct shared {
	struct view view;
	long long delayed_ms; /* for a processor, the child's longest wait */
	bool done;
};

static struct shared *
shared(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(s != MAP_FAILED);
	s->view.people.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->view.people.self = getpid();
	s->view.eyes.stall_ms = STALL_MS;
	s->view.eyes.most_ms = MOST_MS;
	s->view.eyes.until = NEVER;
	s->view.log.fd = -1;
	return s;
}

static void
pin_to_first(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	(void)sched_setaffinity(0, sizeof(first), &first);
}

static pid_t
spin(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin_to_first();
		for (;;)
			;
	}
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Runs beside the one that spins, and only when nobody else would. */
static void
starve(struct shared *s)
{
	struct sched_param none = { .sched_priority = 0 };
	long long last, gap, began = cpu_ms();

	pin_to_first();
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	last = now_ms();
	while (s->delayed_ms < 2 * STALL_MS && cpu_ms() - began < SLICE_MS) {
		gap = now_ms() - last;
		last += gap;
		if (gap > s->delayed_ms)
			s->delayed_ms = gap;
	}
	s->done = true;
}

static void
test_who_waits_for_a_processor_is_not_held_up(void **state)
{
	struct shared *s = shared();
	pid_t spinner;

	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip(); /* the parent would starve, too */
	spinner = spin();
	for (int i = 0; i < TRIES && s->delayed_ms < 2 * STALL_MS; i++) {
		s->done = false;
		s->view.eyes.blinds = 0;
		if (eyes_open(&s->view)) {
			if (eyes_on(&s->view, getppid()))
				starve(s);
			eyes_close();
		}
		assert_int_equal(s->view.eyes.blinds, 0);
		assert_true(s->done);
	}
	end(spinner);
	print_message("longest wait: %lld ms\n", s->delayed_ms);
	assert_true(s->delayed_ms >= 2 * STALL_MS);
}

/* Its look is at two: the first holds it up. */
static void
test_who_is_held_up_is_passed_over(void **state)
{
	struct shared *s = shared();
	pid_t first = getpid(), second = getppid();

	(void)state;
	if (eyes_open(&s->view)) {
		if (eyes_on(&s->view, first))
			pause();
		s->done = eyes_on(&s->view, second);
		eyes_close();
	}
	assert_int_equal(s->view.eyes.blinds, 1);
	assert_int_equal(s->view.eyes.blind[0], first);
	assert_true(s->done);
}

/* Once it is too late a look that is held up ends, and no other one begins. */
static void
test_nobody_is_looked_at_once_it_is_too_late(void **state)
{
	struct shared *s = shared();
	long long began = now_ms();

	(void)state;
	s->view.eyes.until = began + STALL_MS / 3;
	if (eyes_open(&s->view)) {
		pause();
		eyes_close();
	}
	assert_in_range(now_ms() - began, STALL_MS / 3, MOST_MS - 1);
	assert_true(is_due(s->view.eyes.until));
	if (eyes_open(&s->view)) {
		s->done = true;
		eyes_close();
	}
	assert_false(s->done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_waits_for_a_processor_is_not_held_up),
		cmocka_unit_test(test_who_is_held_up_is_passed_over),
		cmocka_unit_test(test_nobody_is_looked_at_once_it_is_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
