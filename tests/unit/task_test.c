/* What /proc tells of a process: whose child, what it does with signals, what it has mapped. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "src/base/clock.h"
#include "src/base/fd.h"
#include "src/proc/maps.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"
#include "src/proc/task.h"

static int proc;

static int
open_proc(void **state)
{
	(void)state;
	proc = proc_open();
	return proc < 0;
}

/* A child that has done what it should, and waits for its end. */
static pid_t
start(void (*deed)(void))
{
	int done[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		deed();
		if (write(done[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(done[0], &byte, 1), 1);
	close(done[0]);
	close(done[1]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
take_a_wicked_name(void)
{
	prctl(PR_SET_NAME, "a) S 1 2 (b) c");
}

static void
test_origin(void **state)
{
	unsigned long long before = boot_hundredths(), started = 0;
	pid_t pid = start(take_a_wicked_name), parent = 0;

	(void)state;
	assert_int_equal(task_origin(proc, pid, &parent, &started), 0);
	assert_int_equal(parent, getpid());
	assert_true(started >= before && started <= boot_hundredths());
	end(pid);
	assert_int_equal(task_origin(proc, pid, &parent, &started), -1);
}

static void
begin_a_session(void)
{
	setsid();
}

/* The master side stays open: its end would be SIGHUP. */
static void
take_a_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	take_a_wicked_name();
	setsid();
	if (master < 0 || unlockpt(master) < 0 ||
	    open(ptsname(master), O_RDWR) < 0)
		_exit(1);
}

static void
test_terminal(void **state)
{
	pid_t without = start(begin_a_session), with = start(take_a_terminal);

	(void)state;
	assert_int_equal(task_terminal(proc, without), 0);
	assert_int_equal(task_terminal(proc, with), with);
	end(without);
	end(with);
	assert_int_equal(task_terminal(proc, with), 0);
}

static void
nothing(void)
{
}

static void
note(int number)
{
	(void)number;
}

static void
catch_terminate(void)
{
	signal(SIGTERM, note);
}

static void
ignore_terminate(void)
{
	signal(SIGTERM, SIG_IGN);
}

static void
block_last(void)
{
	sigset_t last;

	sigemptyset(&last);
	sigaddset(&last, 64);
	sigprocmask(SIG_BLOCK, &last, NULL);
}

static void
expect_takes(void (*deed)(void), int number, bool expected)
{
	pid_t pid = start(deed);

	assert_int_equal(task_takes(proc, pid, number), expected);
	assert_false(task_takes(proc, pid, SIGUSR2));
	end(pid);
}

static void
test_takes(void **state)
{
	(void)state;
	expect_takes(nothing, SIGTERM, false);
	expect_takes(catch_terminate, SIGTERM, true);
	expect_takes(ignore_terminate, SIGTERM, false);
	expect_takes(block_last, 64, true);
	expect_takes(block_last, 63, false);
	assert_false(task_takes(proc, 0x3fffffff, SIGTERM)); /* nobody */
}

/* As many as there may be: status is 700 KB long then. */
static void
join_groups(void)
{
	static gid_t groups[NGROUPS_MAX];

	for (int i = 0; i < NGROUPS_MAX; i++)
		groups[i] = 1600000000U + (gid_t)i;
	if (setgroups(NGROUPS_MAX, groups) < 0)
		_exit(0);
	catch_terminate();
}

static void
test_takes_with_many_groups(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	expect_takes(join_groups, SIGTERM, true);
}

static void
make_a_namespace(void)
{
	if (unshare(CLONE_NEWPID) == 0 && fork() == 0)
		for (;;)
			pause();
}

static void
test_init_of_a_namespace(void **state)
{
	pid_t parent = start(make_a_namespace), child;
	struct proc_children c;
	bool any;

	(void)state;
	assert_false(task_is_init(proc, parent));
	proc_children_open(&c, proc, parent);
	any = proc_children_next(&c, &child);
	proc_children_close(&c);
	if (any) {
		assert_true(task_is_init(proc, child));
		kill(child, SIGKILL);
	}
	end(parent);
	if (!any)
		skip(); /* not root */
}

/* Is a file of this device mapped by us? */
static bool
is_mapped(unsigned wanted)
{
	struct maps m;
	unsigned device;
	bool found = false;

	for (maps_open(&m, proc, getpid()); maps_next(&m, &device);)
		found |= device == wanted;
	return found;
}

static void
test_maps(void **state)
{
	int fd = memfd_create("mapped", 0);
	struct stat status;
	unsigned device;
	void *page;

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(fstat(fd, &status), 0);
	device = device_number(major(status.st_dev), minor(status.st_dev));
	assert_false(is_mapped(device));
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(is_mapped(device));
	munmap(page, 4096);
	assert_false(is_mapped(device));
	close(fd);
}

static void
test_maps_of_nobody(void **state)
{
	struct maps m;
	unsigned device;

	(void)state;
	maps_open(&m, proc, 0x3fffffff);
	assert_false(maps_next(&m, &device));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_takes_with_many_groups),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_maps_of_nobody),
		cmocka_unit_test(test_init_of_a_namespace),
	};

	return cmocka_run_group_tests(tests, open_proc, NULL);
}
