/* The tables of connections and servers: full, foreign, forgotten. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "src/connection.h"
#include "src/fdinfo.h"
#include "src/pidfd.h"
#include "src/population.h"

static struct registry r;
static const struct population nobody = { .proc = -1 };

static int
start_empty(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	return 0;
}

static void
test_a_connection_is_found_again(void **state)
{
	int first = registry_add(&r, 45);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(registry_find(&r, 45), first);
	assert_int_equal(registry_add(&r, 45), first);
	assert_int_equal(registry_find(&r, 46), -1);
	assert_true(registry_add(&r, 46) != first);
	assert_int_equal(r.connection[first].id, 45);
	assert_false(r.connection[first].ours);
	assert_false(r.overflow);
}

/* 0 is a minor number as any other; a table of zeros does not hold it. */
static void
test_connection_zero(void **state)
{
	(void)state;
	assert_int_equal(registry_find(&r, 0), -1);
	assert_true(registry_add(&r, 0) >= 0);
	assert_true(registry_find(&r, 0) >= 0);
}

static void
test_a_full_table_of_connections(void **state)
{
	(void)state;
	for (unsigned id = 0; id < CONNECTIONS; id++)
		assert_int_equal(registry_add(&r, 7u << 20 | id), id);
	assert_false(r.overflow);
	assert_int_equal(registry_add(&r, 1), -1);
	assert_true(r.overflow);
	assert_int_equal(registry_find(&r, 1), -1);
	/* Those that are known still are. */
	assert_int_equal(registry_add(&r, 7u << 20 | 63), 63);
	/* One that is gone makes room, and leaves nothing behind. */
	r.connection[5].ours = r.connection[5].aborted = true;
	r.connection[5].used = false;
	assert_int_equal(registry_add(&r, 1), 5);
	assert_false(r.connection[5].ours || r.connection[5].aborted);
}

static void
test_foreign_connections(void **state)
{
	(void)state;
	assert_false(registry_is_foreign(&r, 0));
	registry_add_foreign(&r, 45);
	registry_add_foreign(&r, 45);
	registry_add_foreign(&r, 46);
	assert_int_equal(r.foreigns, 2);
	assert_true(registry_is_foreign(&r, 45));
	assert_true(registry_is_foreign(&r, 46));
	assert_false(registry_is_foreign(&r, 47));
	assert_int_equal(registry_find(&r, 45), -1);
}

static void
test_a_full_list_of_foreign_connections(void **state)
{
	(void)state;
	for (unsigned id = 0; id < FOREIGN; id++)
		registry_add_foreign(&r, id);
	assert_false(r.overflow);
	registry_add_foreign(&r, 3); /* known already */
	assert_false(r.overflow);
	registry_add_foreign(&r, FOREIGN);
	assert_true(r.overflow);
	assert_int_equal(r.foreigns, FOREIGN);
	assert_false(registry_is_foreign(&r, FOREIGN));
	assert_true(registry_is_foreign(&r, FOREIGN - 1));
}

static void
test_ours_and_open(void **state)
{
	int a = registry_add(&r, 1), b = registry_add(&r, 2);
	int c = registry_add(&r, 3);

	(void)state;
	assert_true(registry_ours(&r) == 0);
	r.connection[a].ours = r.connection[c].ours = true;
	assert_true(registry_ours(&r) == (UINT64_C(1) << a | UINT64_C(1) << c));
	r.connection[c].aborted = true;
	r.connection[b].aborted = true;
	assert_true(registry_ours(&r) == (UINT64_C(1) << a | UINT64_C(1) << c));
	assert_true(registry_open(&r) == UINT64_C(1) << a);
}

static void
test_the_last_bit(void **state)
{
	(void)state;
	for (unsigned id = 0; id < CONNECTIONS; id++)
		r.connection[registry_add(&r, id)].ours = true;
	assert_true(registry_ours(&r) == ~UINT64_C(0));
	r.connection[63].aborted = true;
	assert_true(registry_open(&r) == ~UINT64_C(0) >> 1);
}

static void
test_a_server_is_found_again(void **state)
{
	bool taken = true;
	struct server *first = registry_add_server(&r, 100, -1, &taken);
	struct server *second;

	(void)state;
	assert_non_null(first);
	assert_false(taken);
	second = registry_add_server(&r, 200, -1, &taken);
	assert_true(second != first);
	assert_true(second->newness > first->newness);
	assert_ptr_equal(registry_server(&r, 100), first);
	assert_ptr_equal(registry_add_server(&r, 100, -1, &taken), first);
	assert_null(registry_server(&r, 300));
}

/* Only a new server needs the pidfd; whoever gave it keeps it otherwise. */
static void
test_whose_the_pidfd_is(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool taken = false;

	(void)state;
	assert_non_null(registry_add_server(&r, 100, fd, &taken));
	assert_true(taken);
	assert_int_equal(registry_server(&r, 100)->pidfd, fd);
	assert_non_null(registry_add_server(&r, 100, fd + 1, &taken));
	assert_false(taken);
	assert_int_equal(registry_server(&r, 100)->pidfd, fd);
	close(fd);
}

static void
test_a_full_table_of_servers(void **state)
{
	bool taken;

	(void)state;
	for (int i = 0; i < SERVERS; i++)
		assert_non_null(registry_add_server(&r, 100 + i, -1, &taken));
	assert_false(r.overflow);
	assert_null(registry_add_server(&r, 999, 0, &taken));
	assert_false(taken);
	assert_true(r.overflow);
	assert_non_null(registry_server(&r, 100 + SERVERS - 1));
}

static void
test_who_serves_what(void **state)
{
	int ours = registry_add(&r, 1), other = registry_add(&r, 2);
	bool taken;

	(void)state;
	r.connection[ours].ours = true;
	registry_add_server(&r, 100, -1, &taken)->connections = UINT64_C(1)
	    << ours;
	registry_add_server(&r, 200, -1, &taken)->connections = UINT64_C(1)
	    << other;
	registry_add_server(&r, 300, -1, &taken);
	assert_true(registry_serves(&r, 100));
	assert_false(registry_serves(&r, 200)); /* not ours */
	assert_false(registry_serves(&r, 300)); /* nothing */
	assert_false(registry_serves(&r, 400)); /* nobody */
	assert_true(registry_served(&r, UINT64_C(1) << ours));
	assert_true(registry_served(&r, UINT64_C(1) << other));
	assert_false(registry_served(&r, UINT64_C(1) << 63));
	assert_false(registry_served(&r, 0));
	registry_server(&r, 100)->pid = 0;
	assert_false(registry_serves(&r, 100));
	assert_false(registry_served(&r, UINT64_C(1) << ours));
}

static pid_t
child(int *pidfd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	*pidfd = pidfd_open(pid);
	assert_true(*pidfd >= 0);
	return pid;
}

static void
test_the_dead_are_forgotten(void **state)
{
	int dead_fd, zombie_fd, alive_fd;
	pid_t dead = child(&dead_fd), zombie = child(&zombie_fd);
	pid_t alive = child(&alive_fd);
	siginfo_t info;
	bool taken;

	(void)state;
	registry_add_server(&r, dead, dead_fd, &taken);
	registry_add_server(&r, zombie, zombie_fd, &taken);
	registry_add_server(&r, alive, alive_fd, &taken);
	registry_forget_dead(&r, &nobody);
	assert_non_null(registry_server(&r, dead));
	kill(dead, SIGKILL);
	kill(zombie, SIGKILL);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	assert_int_equal(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT), 0);
	registry_forget_dead(&r, &nobody);
	assert_null(registry_server(&r, dead));
	assert_null(registry_server(&r, zombie)); /* dead, though not reaped */
	assert_non_null(registry_server(&r, alive));
	assert_int_equal(fcntl(dead_fd, F_GETFD), -1); /* closed */
	assert_int_equal(fcntl(zombie_fd, F_GETFD), -1);
	assert_true(fcntl(alive_fd, F_GETFD) >= 0);
	kill(alive, SIGKILL);
	waitpid(alive, NULL, 0);
	waitpid(zombie, NULL, 0);
	close(alive_fd);
}

/* Without a pidfd: whoever was not there at the last look. */
static void
test_the_unpinned_are_forgotten_when_not_seen(void **state)
{
	bool taken;

	(void)state;
	registry_add_server(&r, 100, -1, &taken)->seen = true;
	registry_add_server(&r, 200, -1, &taken)->seen = false;
	registry_forget_dead(&r, &nobody);
	assert_non_null(registry_server(&r, 100));
	assert_null(registry_server(&r, 200));
}

/* And whoever is dead, reaped or not, by what /proc shows. */
static void
test_the_unpinned_are_forgotten_when_dead(void **state)
{
	const struct population here = {
		.proc = open("/proc", O_PATH | O_CLOEXEC),
	};
	int zombie_fd, alive_fd;
	pid_t zombie = child(&zombie_fd), alive = child(&alive_fd);
	siginfo_t info;
	bool taken;

	(void)state;
	close(zombie_fd);
	close(alive_fd);
	registry_add_server(&r, zombie, -1, &taken)->seen = true;
	registry_add_server(&r, alive, -1, &taken)->seen = true;
	kill(zombie, SIGKILL);
	assert_int_equal(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT), 0);
	registry_forget_dead(&r, &here);
	assert_null(registry_server(&r, zombie));
	assert_non_null(registry_server(&r, alive));
	kill(alive, SIGKILL);
	waitpid(alive, NULL, 0);
	waitpid(zombie, NULL, 0);
	registry_forget_dead(&r, &here);
	assert_null(registry_server(&r, alive));
	close(here.proc);
}

static void
test_the_forgotten_make_room(void **state)
{
	bool taken;
	struct server *s;

	(void)state;
	for (int i = 0; i < SERVERS; i++) {
		s = registry_add_server(&r, 100 + i, -1, &taken);
		s->seen = true;
		s->connections = ~UINT64_C(0);
		s->second = true;
	}
	registry_server(&r, 107)->seen = false;
	registry_forget_dead(&r, &nobody);
	s = registry_add_server(&r, 999, -1, &taken);
	assert_non_null(s);
	assert_true(s->connections == 0); /* nothing of its predecessor */
	assert_false(s->second);
	assert_int_equal(s->newness, SERVERS + 1);
	assert_false(r.overflow);
}

/* /dev/null, and whatever else is open, lies on mount MNT of connection 0. */
static void
test_what_a_process_uses(void **state)
{
	int proc = open("/proc", O_PATH | O_CLOEXEC);
	int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct proc_fdinfo info;
	int c = registry_add(&r, 45), d = registry_add(&r, 46);

	(void)state;
	assert_int_equal(proc_fdinfo(proc, getpid(), file, &info), 0);
	r.mount[0] = (struct fuse_mount){ .id = info.mount, .connection = c };
	r.mount[1] = (struct fuse_mount){ .id = 1 << 30, .connection = d };
	r.mounts = 2;
	r.connection[d].ours = true;
	assert_true(registry_used_by(&r, proc, getpid()) == 0); /* not ours */
	r.connection[c].ours = true;
	assert_true(registry_used_by(&r, proc, getpid()) == UINT64_C(1) << c);
	r.mount[0].connection = -1; /* foreign */
	assert_true(registry_used_by(&r, proc, getpid()) == 0);
	r.mounts = 0;
	assert_true(registry_used_by(&r, proc, getpid()) == 0);
	close(file);
	close(proc);
}

#define TEST(name) cmocka_unit_test_setup(name, start_empty)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_connection_is_found_again),
		TEST(test_connection_zero),
		TEST(test_a_full_table_of_connections),
		TEST(test_foreign_connections),
		TEST(test_a_full_list_of_foreign_connections),
		TEST(test_ours_and_open),
		TEST(test_the_last_bit),
		TEST(test_a_server_is_found_again),
		TEST(test_whose_the_pidfd_is),
		TEST(test_a_full_table_of_servers),
		TEST(test_who_serves_what),
		TEST(test_the_dead_are_forgotten),
		TEST(test_the_unpinned_are_forgotten_when_not_seen),
		TEST(test_the_unpinned_are_forgotten_when_dead),
		TEST(test_the_forgotten_make_room),
		TEST(test_what_a_process_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
