/* Who waits for a disk that is an image on FUSE. */
#include "tests/unit/unit.h"

#include "doctor/loops.h"
#include "doctor/picture.h"

static struct picture *p;

/* A process that waits for a disk: thread 0. */
static int
scene(void **state)
{
	(void)state;
	if (!p)
		p = picture_new();
	assert_non_null(p);
	p->tasks.processes = p->tasks.threads = 1;
	p->tasks.process[0] = (struct process){ .pid = 10, .parent = 1 };
	p->tasks.thread[0] =
	    (struct thread){ .cause = CAUSE_DISK, .behind.thread = NONE };
	return 0;
}

static int
asks(pid_t parent, const char *comm, const char *through)
{
	int i = p->tasks.threads++;
	struct process *of = &p->tasks.process[p->tasks.processes];
	struct thread *t = &p->tasks.thread[i];

	*of = (struct process){ .pid = 30, .parent = parent };
	keep(of->comm, sizeof(of->comm), comm);
	*t = (struct thread){ .process = p->tasks.processes++,
		.cause = CAUSE_ANSWER,
		.behind.thread = NONE };
	keep(t->waits.through, sizeof(t->waits.through), through);
	return i;
}

static void
assert_behind(enum cause cause, int thread)
{
	loops_follow(p);
	assert_int_equal(p->tasks.thread[0].cause, cause);
	assert_int_equal(p->tasks.thread[0].behind.thread, thread);
	assert_false(p->tasks.thread[0].behind.sure);
}

static void
test_a_disk_is_a_disk(void **state)
{
	(void)state;
	assert_behind(CAUSE_DISK, NONE);
}

static void
test_the_worker_of_a_loop_device(void **state)
{
	(void)state;
	assert_behind(CAUSE_BEHIND,
	    asks(2, "kworker/u8:1+lo", "fuse_file_write_iter < lo_rw_aio"));
}

static void
test_the_thread_of_an_old_loop_device(void **state)
{
	(void)state;
	assert_behind(CAUSE_BEHIND, asks(2, "loop0", "fuse_file_write_iter"));
}

static void
test_one_of_two_is_not_told(void **state)
{
	(void)state;
	asks(2, "loop0", "");
	asks(2, "loop1", "");
	assert_behind(CAUSE_BEHIND, NONE);
}

static void
test_the_name_alone_is_no_worker(void **state)
{
	(void)state;
	asks(1, "loop0", "fuse_file_write_iter");
	assert_behind(CAUSE_DISK, NONE);
}

/* Write-back waits, too. */
static void
test_another_thread_of_the_kernel_is_none(void **state)
{
	(void)state;
	asks(2, "kworker/u8:1+fl", "fuse_write_inode < wb_workfn");
	assert_behind(CAUSE_DISK, NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, scene)
		T(test_a_disk_is_a_disk),
		T(test_the_worker_of_a_loop_device),
		T(test_the_thread_of_an_old_loop_device),
		T(test_one_of_two_is_not_told),
		T(test_the_name_alone_is_no_worker),
		T(test_another_thread_of_the_kernel_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
