/* What a process has, its threads have: open files, mounts. Each is seen once. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/base/pidfd.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"
#include "src/proc/viewers.h"

#define LINK "/memfd:marked (deleted)"

static int proc;

static int
open_proc(void **state)
{
	(void)state;
	proc = proc_open();
	return proc < 0;
}

/* How a process is, whose second thread has a file open and a third beside it. */
struct place {
	int ready;
	int own; /* CLONE_FILES, CLONE_NEWNS: what the second does not share */
	bool alone;
};

static void *
wait_for_end(void *ready)
{
	if (ready && write(*(int *)ready, "", 1) != 1)
		exit(1);
	for (;;)
		pause();
}

static void *
open_file(void *context)
{
	struct place *place = context;
	pthread_t third;

	if (unshare(place->own) != 0)
		exit(1);
	if (memfd_create("marked", 0) < 0 ||
	    pthread_create(&third, NULL, wait_for_end, &place->ready) != 0)
		exit(1);
	return wait_for_end(NULL);
}

static pid_t
start(int own, bool alone)
{
	struct place place = { .own = own, .alone = alone };
	int ready[2];
	pthread_t second;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	place.ready = ready[1];
	pid = fork();
	if (pid == 0) {
		if (pthread_create(&second, NULL, open_file, &place) != 0)
			exit(1);
		if (alone)
			syscall(SYS_exit, 0);
		wait_for_end(NULL);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
expect_once(int own, bool alone, bool every)
{
	pid_t pid = start(own, alone);
	struct proc_files f;
	int found = 0;

	assert_int_equal(proc_files_open(&f, proc, pid), 0);
	f.every = every;
	while (proc_files_next(&f))
		found += strcmp(f.link, LINK) == 0;
	assert_int_equal(found, 1);
	assert_false(proc_files_next(&f));
	end(pid);
}

static void
test_shared(void **state)
{
	(void)state;
	expect_once(0, false, false);
	expect_once(0, false, true);
}

static void
test_of_a_thread(void **state)
{
	(void)state;
	expect_once(CLONE_FILES, false, true);
}

static void
test_first_thread_has_ended(void **state)
{
	(void)state;
	expect_once(0, true, false);
	expect_once(0, true, true);
	expect_once(CLONE_FILES, true, true);
}

static void
test_duplicate(void **state)
{
	pid_t pid = start(CLONE_FILES, true);
	int pidfd = pidfd_open(pid), fd = -1;
	struct proc_files f;

	(void)state;
	(void)proc_files_open(&f, proc, pid);
	while (fd < 0 && proc_files_next(&f))
		if (strcmp(f.link, LINK) == 0) {
			fd = proc_file_duplicate(&f, pidfd);
			break;
		}
	proc_files_close(&f);
	end(pid);
	close(pidfd);
	if (fd < 0)
		skip(); /* before Linux 6.9 */
	assert_int_equal(ftruncate(fd, 1), 0);
	close(fd);
}

static void
expect_viewers(int own, bool alone, int expected)
{
	pid_t pid = start(own, alone), tid;
	struct viewers w;
	int seen = 0;

	for (viewers_open(&w, proc, pid); viewers_next(&w, &tid); seen++)
		assert_true(alone ? tid != pid : seen > 0 || tid == pid);
	assert_int_equal(seen, expected);
	end(pid);
}

static void
test_viewers(void **state)
{
	(void)state;
	expect_viewers(0, false, 1);
	expect_viewers(0, true, 1);
	if (geteuid() != 0)
		skip();
	expect_viewers(CLONE_FS | CLONE_NEWNS, false, 2);
	expect_viewers(CLONE_FS | CLONE_NEWNS, true, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_of_a_thread),
		cmocka_unit_test(test_first_thread_has_ended),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_viewers),
	};

	return cmocka_run_group_tests(tests, open_proc, NULL);
}
