/* The tables of connections and servers: full, foreign, forgotten. */
#include "tests/unit/sets.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "src/base/pidfd.h"
#include "src/fuse/connection.h"
#include "src/fuse/look.h"
#include "src/fuse/use.h"
#include "src/fuse/view.h"
#include "src/proc/fdinfo.h"

static struct view v;
static struct registry *const r = &v.registry;

/* Nothing is known, and nobody can be seen. */
static int
start_empty(void **state)
{
	(void)state;
	memset(&v, 0, sizeof(v));
	v.people.proc = -1;
	return 0;
}

static void
test_a_connection_is_found_again(void **state)
{
	int first = registry_add(r, 45);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(registry_find(r, 45), first);
	assert_int_equal(registry_add(r, 45), first);
	assert_int_equal(registry_find(r, 46), -1);
	assert_true(registry_add(r, 46) != first);
	assert_int_equal(r->connection[first].id, 45);
	assert_false(r->connection[first].ours);
	assert_false(r->overflow);
}

/* 0 is a minor number as any other; a table of zeros does not hold it. */
static void
test_connection_zero(void **state)
{
	(void)state;
	assert_int_equal(registry_find(r, 0), -1);
	assert_true(registry_add(r, 0) >= 0);
	assert_true(registry_find(r, 0) >= 0);
}

static void
test_a_full_table_of_connections(void **state)
{
	(void)state;
	for (unsigned id = 0; id < CONNECTIONS; id++)
		assert_int_equal(registry_add(r, 7u << 20 | id), id);
	assert_false(r->overflow);
	assert_int_equal(registry_add(r, 1), -1);
	assert_true(r->overflow);
	assert_int_equal(registry_find(r, 1), -1);
	/* Those that are known still are. */
	assert_int_equal(registry_add(r, 7u << 20 | (CONNECTIONS - 1)),
	    CONNECTIONS - 1);
	/* One that is gone makes room, and leaves nothing behind. */
	r->connection[5].ours = r->connection[5].aborted = true;
	r->connection[5].used = false;
	assert_int_equal(registry_add(r, 1), 5);
	assert_false(r->connection[5].ours || r->connection[5].aborted);
}

static void
test_foreign_connections(void **state)
{
	(void)state;
	assert_false(registry_is_foreign(r, 0));
	registry_add_foreign(r, 45);
	registry_add_foreign(r, 45);
	registry_add_foreign(r, 46);
	assert_int_equal(r->foreigns, 2);
	assert_true(registry_is_foreign(r, 45));
	assert_true(registry_is_foreign(r, 46));
	assert_false(registry_is_foreign(r, 47));
	assert_int_equal(registry_find(r, 45), -1);
}

static void
test_a_full_list_of_foreign_connections(void **state)
{
	(void)state;
	for (unsigned id = 0; id < FOREIGN; id++)
		registry_add_foreign(r, id);
	assert_false(r->overflow);
	registry_add_foreign(r, 3); /* known already */
	assert_false(r->overflow);
	registry_add_foreign(r, FOREIGN);
	assert_true(r->overflow);
	assert_int_equal(r->foreigns, FOREIGN);
	assert_false(registry_is_foreign(r, FOREIGN));
	assert_true(registry_is_foreign(r, FOREIGN - 1));
}

/* Its files are closed, others are not. */
static void
test_a_connection_is_dropped(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int directory = open("/", O_PATH | O_CLOEXEC);
	int a = registry_add(r, 1), b = registry_add(r, 2);

	(void)state;
	r->connection[a].ours = true;
	r->connection[a].pin = (struct fusectl_pin){
		.door = FUSECTL_VISIBLE,
		.abort = fd,
		.directory = directory,
	};
	registry_drop(r, b); /* which has no files, whatever the numbers say */
	assert_true(fcntl(0, F_GETFD) >= 0);
	assert_int_equal(registry_find(r, 2), -1);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	registry_drop(r, a);
	assert_int_equal(registry_find(r, 1), -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(fcntl(directory, F_GETFD), -1);
	assert_set(registry_ours(r), NOTHING);
	assert_int_equal(registry_add(r, 1), a);
	assert_false(r->connection[a].ours);
}

static void
test_ours_and_open(void **state)
{
	int a = registry_add(r, 1), b = registry_add(r, 2);
	int c = registry_add(r, 3);

	(void)state;
	assert_set(registry_ours(r), NOTHING);
	assert_false(registry_any_ours(r));
	r->connection[a].ours = r->connection[c].ours = true;
	assert_set(registry_ours(r), SET(a, c));
	assert_true(registry_any_ours(r));
	r->connection[c].aborted = true;
	r->connection[b].aborted = true;
	assert_set(registry_ours(r), SET(a, c));
	assert_set(registry_open(r), SET(a));
	r->connection[a].aborted = true;
	assert_set(registry_open(r), NOTHING);
	assert_true(registry_any_ours(r)); /* though aborted */
}

static void
test_the_last_of_them(void **state)
{
	struct set all = NOTHING, open;

	(void)state;
	for (unsigned id = 0; id < CONNECTIONS; id++) {
		r->connection[registry_add(r, id)].ours = true;
		set_add(&all, (int)id);
	}
	assert_set(registry_ours(r), all);
	open = all;
	set_remove(&open, CONNECTIONS - 1);
	r->connection[CONNECTIONS - 1].aborted = true;
	assert_set(registry_open(r), open);
}

static void
test_a_server_is_found_again(void **state)
{
	bool added = false;
	struct server *first = registry_add_server(r, 100, &added);
	struct server *second;

	(void)state;
	assert_non_null(first);
	assert_true(added);
	second = registry_add_server(r, 200, &added);
	assert_true(added);
	assert_true(second != first);
	assert_true(second->newness > first->newness);
	assert_ptr_equal(registry_server(r, 100), first);
	assert_ptr_equal(registry_add_server(r, 100, &added), first);
	assert_false(added);
	assert_null(registry_server(r, 300));
}

/* Only a new server needs the pidfd; whoever has it keeps it otherwise. */
static void
test_whose_the_pidfd_is(void **state)
{
	bool added = false;

	(void)state;
	assert_int_equal(registry_add_server(r, 100, &added)->pidfd, -1);
	assert_true(added);
	registry_server(r, 100)->pidfd = 45;
	assert_int_equal(registry_add_server(r, 100, &added)->pidfd, 45);
	assert_false(added);
}

static void
test_a_full_table_of_servers(void **state)
{
	bool added;

	(void)state;
	for (int i = 0; i < SERVERS; i++)
		assert_non_null(registry_add_server(r, 100 + i, &added));
	assert_false(r->overflow);
	added = true;
	assert_null(registry_add_server(r, 100 + SERVERS, &added));
	assert_false(added);
	assert_true(r->overflow);
	assert_non_null(registry_server(r, 100 + SERVERS - 1));
	/* Those that are known still are. */
	assert_non_null(registry_add_server(r, 100, &added));
	assert_false(added);
}

static void
test_each_server_in_use(void **state)
{
	int next = 0;
	bool added;

	(void)state;
	each_server(s, r)
		fail_msg("%d", s->pid);
	for (int i = 0; i < SERVERS; i++)
		registry_add_server(r, 100 + i, &added);
	each_server(s, r)
		assert_int_equal(s->pid, 100 + next++);
	assert_int_equal(next, SERVERS);
	/* The one that is looked at may be forgotten meanwhile. */
	each_server(s, r)
		if (s->pid != 107 && s->pid != 100 + SERVERS - 1)
			s->pid = 0;
	assert_int_equal(registry_next_server(r, NULL)->pid, 107);
	assert_int_equal(registry_next_server(r, registry_server(r, 107))->pid,
	    100 + SERVERS - 1);
	assert_null(registry_next_server(r,
	    registry_server(r, 100 + SERVERS - 1)));
}

static void
test_who_serves_what(void **state)
{
	int ours = registry_add(r, 1), other = registry_add(r, 2);
	const struct set both = SET(ours, other), none = NOTHING;
	const struct set last = SET(SET_MOST - 1);
	struct server *server, *foreigner;
	bool added;

	(void)state;
	r->connection[ours].ours = true;
	server = registry_add_server(r, 100, &added);
	server->serves = SET(ours);
	foreigner = registry_add_server(r, 200, &added);
	foreigner->serves = SET(other);
	registry_add_server(r, 300, &added);
	assert_true(registry_serves(r, 100));
	assert_false(registry_serves(r, 200)); /* not ours */
	assert_false(registry_serves(r, 300)); /* nothing */
	assert_false(registry_serves(r, 400)); /* nobody */
	assert_ptr_equal(registry_server_of(r, ours), server);
	assert_ptr_equal(registry_server_of(r, other), foreigner);
	assert_null(registry_server_of(r, SET_MOST - 1));
	assert_ptr_equal(registry_server_of_any(r, &both), server);
	assert_ptr_equal(registry_server_of_any(r, &foreigner->serves),
	    foreigner);
	assert_null(registry_server_of_any(r, &last));
	assert_null(registry_server_of_any(r, &none));
	server->pid = 0;
	assert_false(registry_serves(r, 100));
	assert_null(registry_server_of(r, ours));
	assert_ptr_equal(registry_server_of_any(r, &both), foreigner);
}

static void
test_descriptors_of_a_full_registry(void **state)
{
	static int list[REGISTRY_DESCRIPTORS];
	bool added;

	(void)state;
	assert_int_equal(registry_descriptors(r, list), 0);
	registry_add_server(r, 100, &added)->pidfd = 7;
	r->connection[registry_add(r, 1)].ours = true; /* has no files yet */
	r->connection[registry_add(r, 2)].pin = (struct fusectl_pin){
		.door = FUSECTL_PRIVATE,
		.abort = 8,
		.directory = 9,
	};
	assert_int_equal(registry_descriptors(r, list), 3);
	assert_memory_equal(list, ((int[]){ 7, 8, 9 }), 3 * sizeof(int));
	for (int i = 0; i < SERVERS; i++)
		registry_add_server(r, 100 + i, &added);
	for (unsigned id = 0; id < CONNECTIONS; id++)
		r->connection[registry_add(r, 1 + id)].pin.door =
		    FUSECTL_VISIBLE;
	assert_int_equal(registry_descriptors(r, list), REGISTRY_DESCRIPTORS);
}

static pid_t
child(int *pidfd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		wait_for_kill();
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
	bool added;

	(void)state;
	registry_add_server(r, dead, &added)->pidfd = dead_fd;
	registry_add_server(r, zombie, &added)->pidfd = zombie_fd;
	registry_add_server(r, alive, &added)->pidfd = alive_fd;
	look_who_is_dead(&v);
	assert_non_null(registry_server(r, dead));
	kill(dead, SIGKILL);
	kill(zombie, SIGKILL);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	assert_int_equal(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT), 0);
	look_who_is_dead(&v);
	assert_null(registry_server(r, dead));
	assert_null(registry_server(r, zombie)); /* dead, though not reaped */
	assert_non_null(registry_server(r, alive));
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
	bool added;

	(void)state;
	registry_add_server(r, 100, &added)->devices.seen = true;
	registry_add_server(r, 200, &added)->devices.seen = false;
	look_who_is_dead(&v);
	assert_non_null(registry_server(r, 100));
	assert_null(registry_server(r, 200));
}

/* And whoever is dead, reaped or not, by what /proc shows. */
static void
test_the_unpinned_are_forgotten_when_dead(void **state)
{
	int zombie_fd, alive_fd;
	pid_t zombie = child(&zombie_fd), alive = child(&alive_fd);
	siginfo_t info;
	bool added;

	(void)state;
	v.people.proc = proc_open();
	close(zombie_fd);
	close(alive_fd);
	registry_add_server(r, zombie, &added)->devices.seen = true;
	registry_add_server(r, alive, &added)->devices.seen = true;
	kill(zombie, SIGKILL);
	assert_int_equal(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT), 0);
	look_who_is_dead(&v);
	assert_null(registry_server(r, zombie));
	assert_non_null(registry_server(r, alive));
	kill(alive, SIGKILL);
	waitpid(alive, NULL, 0);
	waitpid(zombie, NULL, 0);
	look_who_is_dead(&v);
	assert_null(registry_server(r, alive));
	close(v.people.proc);
}

static void
test_the_forgotten_make_room(void **state)
{
	bool added;
	struct server *s;

	(void)state;
	for (int i = 0; i < SERVERS; i++) {
		s = registry_add_server(r, 100 + i, &added);
		s->devices.seen = true;
		s->serves = SET(0, 63, SET_MOST - 1);
		s->second = true;
	}
	registry_server(r, 107)->devices.seen = false;
	look_who_is_dead(&v);
	s = registry_add_server(r, 100 + SERVERS, &added);
	assert_non_null(s);
	assert_true(added);
	assert_set(s->serves, NOTHING); /* nothing of its predecessor */
	assert_false(s->second);
	assert_int_equal(s->newness, SERVERS + 1);
	assert_false(r->overflow);
}

/* The mount that this file lies on, as if a connection's: number 45. */
static void
test_what_a_process_uses(void **state)
{
	int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int c = registry_add(r, 45), d = registry_add(r, 46), mount;
	unsigned number = 7;

	(void)state;
	v.people.proc = proc_open();
	mount = fdinfo_mount(v.people.proc, getpid(), file);
	assert_true(mount >= 0);
	r->mount[0] =
	    (struct fuse_mount){ .id = 1 << 30, .number = 46, .connection = d };
	r->mount[1] =
	    (struct fuse_mount){ .id = mount, .number = 45, .connection = c };
	r->mounts = 2;
	r->connection[d].ours = true;
	assert_set(use_by(&v, getpid(), &number), NOTHING); /* not ours */
	assert_int_equal(number, 45);
	r->connection[c].ours = true;
	assert_set(use_by(&v, getpid(), &number), SET(c));
	assert_int_equal(number, 45);
	assert_set(use_by(&v, getpid(), NULL), SET(c));
	r->mount[1].connection = -1; /* foreign */
	assert_set(use_by(&v, getpid(), &number), NOTHING);
	assert_int_equal(number, 45);
	r->mounts = 1;
	assert_set(use_by(&v, getpid(), &number), NOTHING);
	assert_int_equal(number, 0);
	r->mounts = 0;
	number = 7;
	assert_set(use_by(&v, getpid(), &number), NOTHING);
	assert_int_equal(number, 0);
	close(file);
	close(v.people.proc);
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
		TEST(test_a_connection_is_dropped),
		TEST(test_ours_and_open),
		TEST(test_the_last_of_them),
		TEST(test_a_server_is_found_again),
		TEST(test_whose_the_pidfd_is),
		TEST(test_a_full_table_of_servers),
		TEST(test_each_server_in_use),
		TEST(test_who_serves_what),
		TEST(test_descriptors_of_a_full_registry),
		TEST(test_the_dead_are_forgotten),
		TEST(test_the_unpinned_are_forgotten_when_not_seen),
		TEST(test_the_unpinned_are_forgotten_when_dead),
		TEST(test_the_forgotten_make_room),
		TEST(test_what_a_process_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
