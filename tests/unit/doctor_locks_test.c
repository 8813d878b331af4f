/* Who the doctor finds to have the lock that a thread waits for. */
#include "tests/unit/unit.h"

#include "doctor/locks.h"
#include "doctor/picture.h"

static struct picture *p;

/* All threads are of one process. */
static int
scene(void **state)
{
	(void)state;
	if (!p)
		p = picture_new();
	assert_non_null(p);
	p->tasks.processes = 1;
	p->tasks.threads = 0;
	return 0;
}

/* A thread that waits on connection 45, in that call, on that inode. */
static int
on(enum cause cause, unsigned long long inode, const char *through)
{
	int i = p->tasks.threads++;
	struct thread *t = &p->tasks.thread[i];

	*t = (struct thread){ .cause = cause, .behind.thread = NONE };
	t->on.connection = inode == 0 ? 0 : 45;
	t->on.inode = inode;
	keep(t->waits.through, sizeof(t->waits.through), through);
	return i;
}

static void
test_the_owner_of_a_lock_is_who_is_asked_about_the_file(void **state)
{
	int other, right, behind;

	(void)state;
	other = on(CAUSE_ANSWER, 7, "fuse_file_write_iter");
	right = on(CAUSE_ANSWER, 8, "fuse_file_write_iter");
	behind = on(CAUSE_BEHIND, 8, "vfs_write");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[behind].behind.thread, right);
	assert_true(p->tasks.thread[behind].behind.sure);
	assert_int_equal(p->tasks.thread[other].behind.thread, NONE);
}

/* Who is in its exit is in no call: its file is not told. */
static void
test_the_owner_of_a_lock_may_be_the_only_one(void **state)
{
	int one, behind;

	(void)state;
	one = on(CAUSE_ANSWER, 7, "fuse_file_write_iter");
	behind = on(CAUSE_BEHIND, 0, "fuse_flush");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[behind].behind.thread, one);
	assert_false(p->tasks.thread[behind].behind.sure);
	on(CAUSE_ANSWER, 8, "fuse_file_write_iter");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[behind].behind.thread, NONE);
}

/* One who reads has no inode's lock, and one on another file not this one's. */
static void
test_who_has_no_lock_owns_none(void **state)
{
	int behind;

	(void)state;
	on(CAUSE_ANSWER, 8, "fuse_file_read_iter");
	on(CAUSE_ANSWER, 7, "fuse_file_write_iter");
	behind = on(CAUSE_BEHIND, 8, "vfs_write");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[behind].behind.thread, NONE);
	keep(p->tasks.thread[behind].waits.function, 48, "folio_wait_bit");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[behind].behind.thread, 0);
	assert_false(p->tasks.thread[behind].behind.sure); /* another page? */
}

/* On some kernels the lock's own function is the nearest one. */
static void
test_who_waits_for_a_lock_does_not_have_it(void **state)
{
	int first, second;

	(void)state;
	first = on(CAUSE_BEHIND, 8, "fuse_file_write_iter");
	second = on(CAUSE_BEHIND, 8, "fuse_file_write_iter");
	keep(p->tasks.thread[first].waits.function, 48,
	    "rwsem_down_write_slowpath");
	keep(p->tasks.thread[second].waits.function, 48,
	    "rwsem_down_write_slowpath");
	locks_follow(p);
	assert_int_equal(p->tasks.thread[first].behind.thread, NONE);
	assert_int_equal(p->tasks.thread[second].behind.thread, NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, scene)
		T(test_the_owner_of_a_lock_is_who_is_asked_about_the_file),
		T(test_the_owner_of_a_lock_may_be_the_only_one),
		T(test_who_has_no_lock_owns_none),
		T(test_who_waits_for_a_lock_does_not_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
