/* Whose a connection is: ours, foreign, or neither. By numbers: 45, 46, 47. */
#include "tests/unit/sets.h"

#include <stdbool.h>

#include "src/fuse/connection.h"
#include "src/fuse/whose.h"
#include "src/proc/mountinfo.h"

static struct registry r;

static int
start_empty(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	return 0;
}

/* What mountinfo shows, by its id the same mount as before. */
enum { PRIVATE, SHARED = 1, SLAVE = 2 };

static const struct mount *
mount_of(const char *type, unsigned number, int how)
{
	static struct mount m;

	m = (struct mount){
		.id = 1000 + (int)number,
		.parent = 20,
		.minor = number,
		.shared = (how & SHARED) != 0,
		.propagated = (how & SLAVE) != 0,
		.point = "/mnt",
	};
	strcpy(m.type, type);
	return &m;
}

static void
baseline(unsigned number)
{
	whose_baseline(&r, mount_of("fuse.x", number, PRIVATE));
}

/* Within a look: forget, see what there is, settle. */
static void
see(unsigned number, int how)
{
	whose_mounted(&r, mount_of("fuse.x", number, how), 0);
}

/* A whole look at our own mounts, of which there is one. */
static bool
look(unsigned number, int how)
{
	whose_forget_mounts(&r);
	see(number, how);
	return whose_settle(&r);
}

static bool
look_at_nothing(void)
{
	whose_forget_mounts(&r);
	return whose_settle(&r);
}

/* A process that holds `count` /dev/fuse that are new, told by nothing. */
static struct server *
holder(pid_t pid, unsigned count)
{
	bool added;
	struct server *s = registry_add_server(&r, pid, &added);

	assert_non_null(s);
	s->devices.untold += count;
	s->devices.unmatched += count;
	return s;
}

static long long now;

static void
match(bool rest)
{
	whose_match_by_time(&r, rest, now);
}

/* One that fdinfo tells the connection of. */
static int
serve(pid_t pid, unsigned number)
{
	bool added;
	struct server *s = registry_add_server(&r, pid, &added);
	int connection = whose_held(&r, number, NULL);

	assert_non_null(s);
	if (connection >= 0)
		set_add(&s->serves, connection);
	return connection;
}

static const struct connection *
connection(unsigned number)
{
	int i = registry_find(&r, number);

	assert_true(i >= 0);
	return &r.connection[i];
}

/* Not ours, as long as nobody in here is seen to serve it. */
static void
assert_foreign(unsigned number)
{
	assert_true(registry_is_foreign(&r, number));
	assert_int_equal(registry_find(&r, number), -1);
	assert_false(whose_is_ours(&r, number));
	assert_int_equal(registry_find(&r, number), -1);
}

/* Before main ------------------------------------------------------------- */

static void
test_what_was_there_before_main_is_foreign(void **state)
{
	(void)state;
	baseline(45);
	whose_baseline(&r, mount_of("fuse", 46, SHARED));
	whose_baseline(&r, mount_of("fuseblk", 47, SLAVE));
	assert_int_equal(r.foreigns, 3);
	assert_foreign(45);
	assert_foreign(46);
	assert_foreign(47);
	assert_false(registry_is_foreign(&r, 48));
}

static void
test_it_stays_foreign_while_main_runs(void **state)
{
	struct server *s = holder(100, 1);

	(void)state;
	baseline(45);
	assert_false(look(45, PRIVATE)); /* nobody is to be looked for */
	assert_false(look(45, SHARED));
	assert_foreign(45);
	assert_int_equal(r.mounts, 1);
	assert_int_equal(r.mount[0].number, 45);
	assert_int_equal(r.mount[0].connection, -1);
	match(true);
	assert_set(s->serves, NOTHING);
	assert_false(registry_any_ours(&r));
	assert_foreign(45);
}

static void
test_what_is_not_fuse_is_nobodys(void **state)
{
	static const char *const types[] = { "ext4", "fusectl", "overlay",
		"fuse-overlayfs" };

	(void)state;
	for (unsigned i = 0; i < COUNT(types); i++) {
		whose_baseline(&r, mount_of(types[i], 45 + i, PRIVATE));
		whose_mounted(&r, mount_of(types[i], 45 + i, PRIVATE), 0);
		whose_mounted(&r, mount_of(types[i], 45 + i, SLAVE), 0);
		assert_false(registry_is_foreign(&r, 45 + i));
		assert_int_equal(registry_find(&r, 45 + i), -1);
	}
	assert_int_equal(r.mounts, 0);
	assert_int_equal(r.foreigns, 0);
	assert_false(whose_settle(&r));
}

/* No list of known filesystems: when it came and who holds it decide. */
static void
test_a_name_proves_nothing(void **state)
{
	(void)state;
	whose_baseline(&r, mount_of("fuse.sshfs", 45, PRIVATE));
	whose_mounted(&r, mount_of("fuse.lxcfs", 46, PRIVATE), 0);
	assert_true(serve(100, 46) >= 0);
	assert_true(whose_is_ours(&r, 46));
	assert_foreign(45);
}

static void
test_inherited_is_not_foreign(void **state)
{
	(void)state;
	for (unsigned inherited = 45; inherited <= 47; inherited++) {
		start_empty(NULL);
		baseline(45);
		baseline(46);
		baseline(47);
		whose_inherited(&r, DEVICE_SERVES, inherited);
		whose_inherited(&r, DEVICE_SERVES, inherited); /* dup(2) */
		for (unsigned id = 45; id <= 47; id++)
			if (id != inherited)
				assert_foreign(id);
		assert_int_equal(r.foreigns, 2);
		assert_false(registry_is_foreign(&r, inherited));
		/* Ours it is when a process of ours is seen to hold it. */
		assert_false(whose_is_ours(&r, inherited));
		assert_true(connection(inherited)->here.mounted);
		assert_true(serve(100, inherited) >= 0);
		assert_true(whose_is_ours(&r, inherited));
	}
}

/* A script has mounted, and became init by execve(2). */
static void
test_served_in_here_is_ours_whenever_it_was_mounted(void **state)
{
	(void)state;
	baseline(45);
	baseline(46);
	assert_true(serve(100, 46) >= 0);
	assert_true(whose_is_ours(&r, 46));
	assert_true(connection(46)->here.mounted);
	assert_foreign(45);
	assert_int_equal(r.foreigns, 1);
}

static void
test_all_are_inherited(void **state)
{
	(void)state;
	baseline(45);
	baseline(46);
	whose_inherited(&r, DEVICE_SERVES, 45);
	whose_inherited(&r, DEVICE_SERVES, 46);
	assert_int_equal(r.foreigns, 0);
	assert_true(serve(100, 45) >= 0);
	assert_true(serve(100, 46) >= 0);
}

static void
test_other_inherited_files_say_nothing(void **state)
{
	(void)state;
	baseline(45);
	whose_inherited(&r, DEVICE_NOT, 45);
	whose_inherited(&r, DEVICE_IDLE, 45);
	assert_foreign(45);
}

/* Before Linux 6.16. */
static void
test_inherited_and_untold(void **state)
{
	(void)state;
	whose_inherited(&r, DEVICE_UNTOLD, 0); /* nothing is mounted */
	assert_int_equal(registry_find(&r, 0), -1);
	baseline(45);
	whose_inherited(&r, DEVICE_UNTOLD, 0);
	assert_false(registry_is_foreign(&r, 45));
	assert_false(whose_is_ours(&r, 45));
	assert_true(connection(45)->here.mounted);
	whose_inherited(&r, DEVICE_UNTOLD, 0); /* a second one, of the same */
	assert_int_equal(registry_find(&r, 0), -1);
}

/* Of several it may be any one's: then none is taken for ours. */
static void
test_inherited_and_untold_among_several(void **state)
{
	(void)state;
	baseline(45);
	baseline(46);
	whose_inherited(&r, DEVICE_UNTOLD, 0);
	whose_inherited(&r, DEVICE_UNTOLD, 0);
	assert_foreign(45);
	assert_foreign(46);
}

/* While main runs --------------------------------------------------------- */

static void
test_propagated_from_outside_is_foreign(void **state)
{
	(void)state;
	assert_false(look(45, SLAVE));
	assert_foreign(45);
	assert_false(look(45, SLAVE | SHARED));
	assert_foreign(45);
	assert_int_equal(r.mount[0].connection, -1);
	/* In a server's mount namespace too. */
	whose_mounted(&r, mount_of("fuse.x", 46, SLAVE), 100);
	assert_foreign(46);
	/* main can make it private, or bind it: it came from outside. */
	assert_false(look(45, PRIVATE));
	assert_foreign(45);
}

static void
test_a_slave_of_what_is_ours_stays_ours(void **state)
{
	(void)state;
	look(45, PRIVATE);
	assert_true(serve(100, 45) >= 0);
	whose_mounted(&r, mount_of("fuse.x", 45, SLAVE), 100);
	look(45, SLAVE);
	assert_false(registry_is_foreign(&r, 45));
	assert_true(whose_is_ours(&r, 45));
	assert_int_equal(r.mount[0].connection, registry_find(&r, 45));
}

static void
test_whose_server_is_held_becomes_ours(void **state)
{
	int index;

	(void)state;
	assert_true(look(45, PRIVATE)); /* time to look for servers */
	assert_false(whose_is_ours(&r, 45));
	index = serve(100, 45);
	assert_true(index >= 0);
	assert_int_equal(index, registry_find(&r, 45));
	assert_true(whose_is_ours(&r, 45));
	assert_set(registry_ours(&r), SET(index));
	assert_false(whose_is_ours(&r, 46));
	assert_false(look(45, PRIVATE)); /* there is one */
}

/* Never undone: not by a peer outside, by umount -l, or by its server's end. */
static void
test_and_stays_ours(void **state)
{
	int index;

	(void)state;
	look(45, PRIVATE);
	index = serve(100, 45);
	look(45, SHARED);
	assert_true(whose_is_ours(&r, 45));
	look(45, SLAVE | SHARED);
	assert_true(whose_is_ours(&r, 45));
	assert_false(look_at_nothing());
	assert_true(whose_is_ours(&r, 45)); /* it still is served */
	assert_false(connection(45)->here.mounted);
	look(45, PRIVATE);
	registry_server(&r, 100)->pid = 0;
	assert_true(look(45, PRIVATE)); /* it still is mounted */
	assert_true(whose_is_ours(&r, 45));
	assert_int_equal(registry_find(&r, 45), index);
	assert_false(registry_is_foreign(&r, 45));
}

/* It is mounted where only its server sees it, or not yet. */
static void
test_held_and_never_seen_mounted(void **state)
{
	int index = serve(100, 45);

	(void)state;
	assert_true(index >= 0);
	assert_true(whose_is_ours(&r, 45));
	whose_mounted(&r, mount_of("fuse.x", 45, PRIVATE), 100);
	assert_int_equal(r.mounts, 1);
	assert_int_equal(r.mount[0].connection, index);
	assert_int_equal(r.mount[0].seen_by, 100);
	assert_false(connection(45)->here.mounted); /* by us it is not */
}

static void
test_held_when_the_table_is_full(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CONNECTIONS; i++)
		assert_true(whose_held(&r, 1000 + i, NULL) >= 0);
	assert_false(r.overflow);
	assert_int_equal(whose_held(&r, 45, NULL), -1);
	assert_true(r.overflow);
	assert_false(whose_is_ours(&r, 45));
}

/* Mounted while main ran, and no server is seen: neither ours nor foreign. */
static void
test_what_nobody_serves_is_unseen(void **state)
{
	(void)state;
	assert_true(look(45, PRIVATE));
	assert_true(whose_is_unseen(connection(45)));
	assert_false(whose_is_ours(&r, 45));
	assert_false(registry_is_foreign(&r, 45));
	serve(100, 45);
	assert_false(whose_is_unseen(connection(45)));
	registry_server(&r, 100)->pid = 0;
	look(45, PRIVATE);
	assert_false(whose_is_unseen(connection(45))); /* it was seen */
}

/* That may be a peer's outside. */
static void
test_what_is_shared_is_not_unseen(void **state)
{
	(void)state;
	assert_true(look(45, SHARED));
	assert_false(whose_is_unseen(connection(45)));
	assert_false(whose_is_ours(&r, 45));
	look(45, PRIVATE); /* main has made it so */
	assert_true(whose_is_unseen(connection(45)));
	look(45, SHARED);
	assert_false(whose_is_unseen(connection(45)));
}

static void
test_what_is_not_mounted_here_is_not_unseen(void **state)
{
	const struct connection *c;

	(void)state;
	whose_mounted(&r, mount_of("fuse.x", 45, PRIVATE), 100);
	assert_false(whose_is_unseen(connection(45)));
	look(46, PRIVATE);
	c = connection(46);
	whose_forget_mounts(&r);
	assert_false(whose_is_unseen(c));
	see(46, PRIVATE);
	assert_true(whose_is_unseen(c));
	registry_drop(&r, registry_find(&r, 46));
	assert_false(whose_is_unseen(c)); /* forgotten */
}

/* Numbers come back ------------------------------------------------------- */

static void
test_a_foreign_number_that_is_gone_is_forgotten(void **state)
{
	(void)state;
	for (unsigned gone = 45; gone <= 47; gone++) {
		start_empty(NULL);
		baseline(45);
		baseline(46);
		baseline(47);
		whose_forget_mounts(&r);
		for (unsigned id = 45; id <= 47; id++)
			if (id != gone)
				see(id, PRIVATE);
		assert_false(whose_settle(&r));
		for (unsigned id = 45; id <= 47; id++)
			if (id != gone)
				assert_foreign(id);
		assert_int_equal(r.foreigns, 2);
		assert_false(registry_is_foreign(&r, gone));
		/* It comes back, as somebody's in here. */
		assert_true(look(gone, PRIVATE));
		assert_true(serve(100, gone) >= 0);
		assert_true(whose_is_ours(&r, gone));
	}
}

/* The same for one that has come by propagation. */
static void
test_a_propagated_number_that_is_gone_is_forgotten(void **state)
{
	(void)state;
	look(45, SLAVE);
	assert_foreign(45);
	look_at_nothing();
	assert_int_equal(r.foreigns, 0);
	assert_true(serve(100, 45) >= 0);
	assert_true(whose_is_ours(&r, 45));
}

static void
test_a_number_of_ours_that_is_gone_is_forgotten(void **state)
{
	int index;

	(void)state;
	look(45, PRIVATE);
	index = serve(100, 45);
	r.connection[index].aborted = r.connection[index].server.unseen_told =
	    true;
	registry_server(&r, 100)->pid = 0;
	look(46, PRIVATE);
	assert_int_equal(registry_find(&r, 45), -1);
	assert_false(whose_is_ours(&r, 45));
	/* The next one with this number is another connection. */
	assert_true(look(45, SHARED));
	assert_false(whose_is_ours(&r, 45));
	assert_false(connection(45)->aborted ||
	    connection(45)->server.unseen_told);
}

/* And may be a foreign one. */
static void
test_a_number_of_ours_comes_back_from_outside(void **state)
{
	(void)state;
	look(45, PRIVATE);
	serve(100, 45);
	registry_server(&r, 100)->pid = 0;
	look_at_nothing();
	look(45, SLAVE);
	assert_foreign(45);
}

static void
test_what_is_mounted_or_served_is_not_forgotten(void **state)
{
	int served = serve(100, 46);

	(void)state;
	assert_true(look(45, PRIVATE)); /* not served */
	assert_int_equal(registry_find(&r, 46), served);
	assert_true(registry_find(&r, 45) >= 0);
	assert_true(look(45, PRIVATE));
	assert_true(registry_find(&r, 45) >= 0);
	registry_server(&r, 100)->pid = 0;
	look(45, PRIVATE);
	assert_int_equal(registry_find(&r, 46), -1);
}

static void
test_mounts_are_noted_anew(void **state)
{
	(void)state;
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(45, PRIVATE); /* the same mnt_id: the same mount */
	see(46, SLAVE);
	whose_mounted(&r, mount_of("fuse.x", 45, PRIVATE), 100);
	assert_int_equal(r.mounts, 2);
	assert_int_equal(r.mount[0].id, 1045);
	assert_int_equal(r.mount[0].parent, 20);
	assert_int_equal(r.mount[0].number, 45);
	assert_int_equal(r.mount[0].connection, registry_find(&r, 45));
	assert_int_equal(r.mount[0].seen_by, 0); /* by us first */
	assert_int_equal(r.mount[1].number, 46);
	assert_int_equal(r.mount[1].connection, -1);
	whose_forget_mounts(&r);
	assert_int_equal(r.mounts, 0);
	assert_false(connection(45)->here.mounted);
	see(45, PRIVATE);
	assert_int_equal(r.mounts, 1);
	assert_true(connection(45)->here.mounted);
}

static void
test_too_many_mounts(void **state)
{
	struct mount m = *mount_of("fuse.x", 45, PRIVATE);

	(void)state;
	for (m.id = 1; m.id <= MOUNTS; m.id++)
		whose_mounted(&r, &m, 0);
	assert_int_equal(r.mounts, MOUNTS);
	assert_false(r.overflow);
	whose_mounted(&r, &m, 0);
	assert_int_equal(r.mounts, MOUNTS);
	assert_true(r.overflow);
}

/* By time, before Linux 6.16 ---------------------------------------------- */

static void
test_a_mount_and_a_new_holder_belong_together(void **state)
{
	struct server *s = holder(100, 1);

	(void)state;
	look(45, PRIVATE);
	match(false);
	assert_set(s->serves, SET(registry_find(&r, 45)));
	assert_int_equal(s->devices.unmatched, 0);
	assert_true(whose_is_ours(&r, 45));
	assert_false(look(45, PRIVATE));
}

/* The kernel tells of the mount before it tells of the holder, or after. */
static void
test_each_waits_for_the_other(void **state)
{
	struct server *s;

	(void)state;
	look(45, PRIVATE);
	match(false);
	assert_false(whose_is_ours(&r, 45)); /* nobody has come yet */
	s = holder(100, 1);
	match(false);
	assert_true(whose_is_ours(&r, 45));
	s = holder(200, 1);
	match(false);
	assert_set(s->serves, NOTHING); /* no mount has come yet */
	assert_int_equal(s->devices.unmatched, 1);
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	assert_true(whose_settle(&r));
	match(false);
	assert_set(s->serves, SET(registry_find(&r, 46)));
	assert_set(registry_server(&r, 100)->serves,
	    SET(registry_find(&r, 45)));
	assert_true(whose_is_ours(&r, 46));
}

/* A server and its fork, or a helper that inherited the descriptor. */
static void
test_one_mount_and_two_new_holders(void **state)
{
	struct server *a = holder(100, 1), *b = holder(200, 1);
	int index;

	(void)state;
	look(45, PRIVATE);
	index = registry_find(&r, 45);
	match(false);
	assert_set(a->serves, SET(index));
	assert_set(b->serves, SET(index));
}

/* They cannot be told apart: each may be any one's. */
static void
test_two_at_once(void **state)
{
	struct server *a = holder(100, 1), *b = holder(200, 1);
	struct set both;

	(void)state;
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	whose_settle(&r);
	both = SET(registry_find(&r, 45), registry_find(&r, 46));
	match(false);
	assert_set(a->serves, both);
	assert_set(b->serves, both);
	assert_set(registry_ours(&r), both);
	assert_int_equal(a->devices.unmatched + b->devices.unmatched, 0);
}

/* b had opened /dev/fuse before it mounted; a was in the background since. */
static struct server *
one_of_two_mounts_later(struct server **b)
{
	struct server *a = holder(100, 1);

	*b = holder(200, 1);
	look(45, PRIVATE);
	match(false);
	a->pid = 0;
	look(45, PRIVATE);
	return holder(300, 1);
}

static void
see_both(void)
{
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	whose_settle(&r);
	match(false);
}

static void
test_one_of_two_has_not_mounted_yet(void **state)
{
	struct server *b, *a = one_of_two_mounts_later(&b), *c;
	struct set both;

	(void)state;
	match(false); /* a mount is all that is missing */
	assert_set(a->serves, SET(registry_find(&r, 45)));
	see_both();
	both = SET(registry_find(&r, 45), registry_find(&r, 46));
	assert_set(a->serves, both);
	assert_set(b->serves, both);
	c = holder(400, 1); /* as many as mounts: who comes now is another */
	whose_mounted(&r, mount_of("fuse.x", 47, PRIVATE), 0);
	match(false);
	assert_set(c->serves, SET(registry_find(&r, 47)));
	assert_set(a->serves, both);
}

static void
test_one_of_two_never_mounts(void **state)
{
	struct server *b, *a = one_of_two_mounts_later(&b), *c;

	(void)state;
	match(false);
	now += WHOSE_GUESS_MS;
	c = holder(400, 1);
	see_both();
	assert_set(a->serves, SET(registry_find(&r, 45)));
	assert_set(b->serves, SET(registry_find(&r, 45)));
	assert_set(c->serves, SET(registry_find(&r, 46)));
}

/* It was forked behind the look's back, and its parent was gone by then. */
static void
test_one_of_two_was_not_seen(void **state)
{
	struct server *b = holder(200, 1), *a;
	struct set both;

	(void)state;
	see_both();
	both = SET(registry_find(&r, 45), registry_find(&r, 46));
	assert_set(b->serves, both);
	a = holder(300, 1);
	match(false);
	assert_set(a->serves, both);
	assert_set(b->serves, both);
}

/* It has what its parent has, and both have mounted. */
static void
test_a_fork_mounts_nothing_of_its_own(void **state)
{
	struct server *a = holder(100, 1), *fork = holder(200, 1), *b;

	(void)state;
	fork->parent = a->pid;
	look(45, PRIVATE);
	match(false);
	a->pid = 0;
	b = holder(300, 1);
	see_both();
	assert_set(fork->serves, SET(registry_find(&r, 45)));
	assert_set(b->serves, SET(registry_find(&r, 46)));
}

static void
test_two_mounts_and_one_new_holder_of_both(void **state)
{
	struct server *s = holder(100, 2);

	(void)state;
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	whose_settle(&r);
	match(false);
	assert_set(s->serves, registry_ours(&r));
	assert_true(whose_is_ours(&r, 45) && whose_is_ours(&r, 46));
	assert_int_equal(s->devices.unmatched, 0);
}

/* Its server is known: who comes later has come for something else. */
static void
test_what_is_served_is_nobody_elses(void **state)
{
	struct server *s;
	int told = serve(100, 45);

	(void)state;
	look(45, PRIVATE);
	s = holder(200, 1);
	match(false);
	match(true);
	assert_set(s->serves, NOTHING);
	assert_set(registry_server(&r, 100)->serves, SET(told));
}

/* Its server has gone into the background: another process holds it now. */
static void
test_the_server_of_a_mount_is_followed_by_another(void **state)
{
	struct server *s = holder(100, 1);

	(void)state;
	look(45, PRIVATE);
	match(false);
	s->pid = 0;
	assert_true(look(45, PRIVATE));
	s = holder(200, 1);
	match(false);
	assert_set(s->serves, SET(registry_find(&r, 45)));
}

static void
test_a_holder_that_was_matched_is_not_new(void **state)
{
	struct server *s = holder(100, 1);
	int first;

	(void)state;
	look(45, PRIVATE);
	first = registry_find(&r, 45);
	match(false);
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	assert_true(whose_settle(&r));
	match(false);
	assert_set(s->serves, SET(first));
	assert_false(whose_is_ours(&r, 46));
	holder(100, 1); /* it has opened another one */
	match(false);
	assert_set(s->serves, SET(first, registry_find(&r, 46)));
}

/* By time also what a peer outside may have made: a holder came with it. */
static void
test_a_shared_mount_and_a_new_holder(void **state)
{
	struct server *s = holder(100, 1);

	(void)state;
	look(45, SHARED);
	match(false);
	assert_set(s->serves, SET(registry_find(&r, 45)));
	assert_true(whose_is_ours(&r, 45));
}

/* Mounted in its server's namespace only. */
static void
test_a_mount_elsewhere_and_a_new_holder(void **state)
{
	struct server *s = holder(100, 1);

	(void)state;
	whose_mounted(&r, mount_of("fuse.x", 45, PRIVATE), 100);
	match(false);
	assert_set(s->serves, SET(registry_find(&r, 45)));
	assert_true(whose_is_ours(&r, 45));
}

static void
test_nobody_holds_anything(void **state)
{
	bool added;
	struct server *s = registry_add_server(&r, 100, &added);

	(void)state;
	look(45, PRIVATE);
	match(false);
	match(true);
	assert_set(s->serves, NOTHING); /* all of its own are told */
	assert_false(whose_is_ours(&r, 45));
}

/* The rest, in the end ---------------------------------------------------- */

/* All that have come were matched to the first mount. */
static struct server *
matched_too_early(void)
{
	struct server *s = holder(100, 2);

	look(45, PRIVATE);
	match(false);
	assert_int_equal(s->devices.unmatched, 0);
	assert_int_equal(s->devices.untold, 2);
	return s;
}

static void
test_any_holder_may_serve_the_rest(void **state)
{
	struct server *s = matched_too_early(), *told;
	int first = registry_find(&r, 45), told_of = serve(200, 47);

	(void)state;
	told = registry_server(&r, 200);
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	whose_settle(&r);
	match(false);
	assert_false(whose_is_ours(&r, 46)); /* it is not the end yet */
	assert_set(s->serves, SET(first));
	match(true);
	assert_set(s->serves, SET(first, registry_find(&r, 46)));
	assert_true(whose_is_ours(&r, 46));
	assert_set(told->serves, SET(told_of)); /* it has none untold */
}

static void
test_the_rest_is_not_what_is_shared(void **state)
{
	struct server *s = matched_too_early();
	int first = registry_find(&r, 45);

	(void)state;
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, SHARED);
	whose_settle(&r);
	match(true);
	assert_set(s->serves, SET(first));
	assert_false(whose_is_ours(&r, 46));
}

static void
test_the_rest_is_not_what_is_not_mounted(void **state)
{
	struct server *s = matched_too_early();
	int first = registry_find(&r, 45);

	(void)state;
	whose_mounted(&r, mount_of("fuse.x", 46, PRIVATE), 100);
	assert_false(connection(46)->here.mounted);
	match(true);
	assert_set(s->serves, SET(first));
	assert_false(whose_is_ours(&r, 46));
}

static void
test_the_rest_is_never_foreign(void **state)
{
	struct server *s;

	(void)state;
	baseline(46);
	s = matched_too_early(); /* 46 is gone meanwhile */
	baseline(46);
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	see(47, SLAVE);
	whose_settle(&r);
	match(true);
	assert_set(s->serves, SET(registry_find(&r, 45)));
	assert_foreign(46);
	assert_foreign(47);
}

/* Who has come last is asked first, and then there is no rest. */
static void
test_a_new_holder_goes_before_the_rest(void **state)
{
	struct server *s = matched_too_early(), *new;
	int first = registry_find(&r, 45);

	(void)state;
	new = holder(200, 1);
	whose_forget_mounts(&r);
	see(45, PRIVATE);
	see(46, PRIVATE);
	whose_settle(&r);
	match(true);
	assert_set(new->serves, SET(registry_find(&r, 46)));
	assert_set(s->serves, SET(first));
}

/* Over, and held still ------------------------------------------------------ */

/* fusectl has connection 45 no more, its server 100 lives. */
static int
end_45(int how)
{
	int index;

	look(45, how);
	index = serve(100, 45);
	r.connection[index].over = true;
	return index;
}

static int
hold_45(void)
{
	return whose_held(&r, 45, registry_server(&r, 100));
}

static void
test_known_is_what_is_not_over(void **state)
{
	(void)state;
	end_45(PRIVATE);
	baseline(46);
	see(47, PRIVATE);
	assert_false(whose_is_known(&r, 45));
	assert_true(whose_is_known(&r, 46));
	assert_true(whose_is_known(&r, 47));
}

static void
test_what_is_over_may_be_held_still(void **state)
{
	int index = end_45(PRIVATE);

	(void)state;
	assert_true(look_at_nothing()); /* to be looked at again */
	assert_int_equal(hold_45(), index);
	assert_int_equal(registry_find(&r, 45), -1);
	assert_set(registry_open(&r), NOTHING);
	registry_server(&r, 100)->pid = 0;
	assert_false(look_at_nothing());
	assert_false(r.connection[index].used);
}

static void
test_its_number_comes_back_from_outside(void **state)
{
	int index = end_45(PRIVATE);

	(void)state;
	look(45, SLAVE);
	assert_int_equal(hold_45(), index);
	assert_foreign(45);
}

static void
test_its_number_comes_back_from_a_peer(void **state)
{
	int index = end_45(SHARED);

	(void)state;
	look_at_nothing();
	look(45, SHARED);
	assert_int_equal(hold_45(), index);
	assert_false(whose_is_ours(&r, 45));
	/* It was seen without: what it holds now is new. */
	registry_server(&r, 100)->devices.released = true;
	assert_int_equal(hold_45(), registry_find(&r, 45));
	assert_true(whose_is_ours(&r, 45));
}

static void
test_its_number_comes_back_at_once_or_by_a_mount_in_here(void **state)
{
	(void)state;
	for (int how = PRIVATE; how <= SHARED; how++) {
		int index = end_45(how);

		if (how == PRIVATE)
			look_at_nothing();
		look(45, how);
		assert_int_not_equal(hold_45(), index);
		assert_int_equal(hold_45(), registry_find(&r, 45));
		assert_true(whose_is_ours(&r, 45));
		memset(&r, 0, sizeof(r));
	}
}

/* To be unmounted --------------------------------------------------------- */

static void
test_what_may_be_unmounted(void **state)
{
	(void)state;
	for (int how = PRIVATE; how <= (SHARED | SLAVE); how++) {
		const struct mount *m = mount_of("fuse.x", 45, how);

		assert_int_equal(whose_may_unmount(m, false), !(how & SLAVE));
		/* A server's mounts, all of which we have made slaves. */
		assert_true(whose_may_unmount(m, true));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, start_empty)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_there_before_main_is_foreign),
		TEST(test_it_stays_foreign_while_main_runs),
		TEST(test_what_is_not_fuse_is_nobodys),
		TEST(test_a_name_proves_nothing),
		TEST(test_inherited_is_not_foreign),
		TEST(test_served_in_here_is_ours_whenever_it_was_mounted),
		TEST(test_all_are_inherited),
		TEST(test_other_inherited_files_say_nothing),
		TEST(test_inherited_and_untold),
		TEST(test_inherited_and_untold_among_several),
		TEST(test_propagated_from_outside_is_foreign),
		TEST(test_a_slave_of_what_is_ours_stays_ours),
		TEST(test_whose_server_is_held_becomes_ours),
		TEST(test_and_stays_ours),
		TEST(test_held_and_never_seen_mounted),
		TEST(test_held_when_the_table_is_full),
		TEST(test_what_nobody_serves_is_unseen),
		TEST(test_what_is_shared_is_not_unseen),
		TEST(test_what_is_not_mounted_here_is_not_unseen),
		TEST(test_a_foreign_number_that_is_gone_is_forgotten),
		TEST(test_a_propagated_number_that_is_gone_is_forgotten),
		TEST(test_a_number_of_ours_that_is_gone_is_forgotten),
		TEST(test_a_number_of_ours_comes_back_from_outside),
		TEST(test_what_is_mounted_or_served_is_not_forgotten),
		TEST(test_mounts_are_noted_anew),
		TEST(test_too_many_mounts),
		TEST(test_a_mount_and_a_new_holder_belong_together),
		TEST(test_each_waits_for_the_other),
		TEST(test_one_mount_and_two_new_holders),
		TEST(test_two_at_once),
		TEST(test_one_of_two_has_not_mounted_yet),
		TEST(test_one_of_two_never_mounts),
		TEST(test_one_of_two_was_not_seen),
		TEST(test_a_fork_mounts_nothing_of_its_own),
		TEST(test_two_mounts_and_one_new_holder_of_both),
		TEST(test_what_is_served_is_nobody_elses),
		TEST(test_the_server_of_a_mount_is_followed_by_another),
		TEST(test_a_holder_that_was_matched_is_not_new),
		TEST(test_a_shared_mount_and_a_new_holder),
		TEST(test_a_mount_elsewhere_and_a_new_holder),
		TEST(test_nobody_holds_anything),
		TEST(test_any_holder_may_serve_the_rest),
		TEST(test_the_rest_is_not_what_is_shared),
		TEST(test_the_rest_is_not_what_is_not_mounted),
		TEST(test_the_rest_is_never_foreign),
		TEST(test_a_new_holder_goes_before_the_rest),
		TEST(test_known_is_what_is_not_over),
		TEST(test_what_is_over_may_be_held_still),
		TEST(test_its_number_comes_back_from_outside),
		TEST(test_its_number_comes_back_from_a_peer),
		TEST(test_its_number_comes_back_at_once_or_by_a_mount_in_here),
		TEST(test_what_may_be_unmounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
