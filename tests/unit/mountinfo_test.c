/* What is understood of /proc/PID/mountinfo, and what is passed over. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdbool.h>

#include "src/proc/mountinfo.h"

#define MOST 8

/* What a text was understood as. */
struct seen {
	int count; /* may be greater than MOST */
	struct mount mount[MOST];
};

static void
keep(struct seen *seen, const struct mount *mount)
{
	if (seen->count < MOST)
		seen->mount[seen->count] = *mount;
	seen->count++;
}

static void
read_bytes(struct seen *seen, const char *text, size_t size)
{
	struct mountinfo parser = { 0 };

	seen->count = 0;
	for (size_t i = 0; i < size; i++)
		if (mountinfo_feed(&parser, text[i]))
			keep(seen, &parser.mount);
}

static void
read_open(struct seen *seen, int fd)
{
	struct mounts m;
	const struct mount *mount;

	memset(&m, 0xff, sizeof(m)); /* what it was before does not matter */
	seen->count = 0;
	assert_int_equal(mounts_open(&m, fd), 0);
	while ((mount = mounts_next(&m)) != NULL)
		keep(seen, mount);
	assert_int_equal(m.size, 0);
}

static void
read_file(struct seen *seen, const char *text, size_t size)
{
	int fd = memfd_create("mountinfo", 0);

	assert_int_equal(write(fd, text, size), size);
	read_open(seen, fd);
	close(fd);
}

static void
assert_same(const struct mount *a, const struct mount *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->parent, b->parent);
	assert_int_equal(a->major, b->major);
	assert_int_equal(a->minor, b->minor);
	assert_int_equal(a->propagated, b->propagated);
	assert_int_equal(a->shared, b->shared);
	assert_int_equal(a->cut, b->cut);
	assert_string_equal(a->point, b->point);
	assert_string_equal(a->type, b->type);
	assert_string_equal(a->options, b->options);
}

/* Byte by byte and as a file must come to the same. */
static const struct seen *
understand(const char *text, size_t size)
{
	static struct seen bytes, file;

	read_bytes(&bytes, text, size);
	read_file(&file, text, size);
	assert_int_equal(bytes.count, file.count);
	for (int i = 0; i < bytes.count && i < MOST; i++)
		assert_same(&bytes.mount[i], &file.mount[i]);
	return &bytes;
}

static const struct mount *
one(const char *line)
{
	const struct seen *seen = understand(line, strlen(line));

	assert_int_equal(seen->count, 1);
	return &seen->mount[0];
}

static void
assert_passed_over(const char *line)
{
	assert_int_equal(understand(line, strlen(line))->count, 0);
}

/* The next line is understood whatever came before it. */
#define GOOD "36 35 0:52 / /good rw - fuse.good src rw\n"

static void
assert_only_good(const char *text, size_t size)
{
	const struct seen *seen = understand(text, size);

	assert_int_equal(seen->count, 1);
	assert_string_equal(seen->mount[0].point, "/good");
}

/* Lines that are understood --------------------------------------------- */

static void
test_every_field(void **state)
{
	const struct mount *m = one("36 35 98:5 /root /mnt2 rw,noatime "
				    "- fuse.sshfs user@host: "
				    "rw,user_id=0,group_id=0\n");

	(void)state;
	assert_int_equal(m->id, 36);
	assert_int_equal(m->parent, 35);
	assert_int_equal(m->major, 98);
	assert_int_equal(m->minor, 5);
	assert_false(m->propagated);
	assert_false(m->shared);
	assert_false(m->cut);
	assert_string_equal(m->point, "/mnt2");
	assert_string_equal(m->type, "fuse.sshfs");
	assert_string_equal(m->options, "rw,user_id=0,group_id=0");
}

static void
test_optional_fields(void **state)
{
	static const struct {
		const char *fields;
		bool propagated, shared;
	} cases[] = {
		{ "", false, false },
		{ "shared:1 ", false, true },
		{ "master:2 ", true, false },
		{ "shared:1 master:2 ", true, true },
		{ "master:2 propagate_from:1 ", true, false },
		{ "shared:7 master:2 propagate_from:1 ", true, true },
		{ "unbindable ", false, false },
		{ "propagate_from:1 ", false, false },
		{ "shared:1 something:new and:newer ", false, true },
		{ "postmaster:2 ", false, false },
		{ "unshared:1 ", false, false },
		{ "a-field-that-is-much-longer-than-any-the-kernel-knows:1 ",
		    false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[200];
		const struct mount *m;

		snprintf(line, sizeof(line),
		    "36 35 0:44 / /mnt rw %s- fuse src rw\n", cases[i].fields);
		m = one(line);
		assert_int_equal(m->propagated, cases[i].propagated);
		assert_int_equal(m->shared, cases[i].shared);
		assert_string_equal(m->type, "fuse");
	}
}

static void
test_propagation_of_one_line_does_not_reach_the_next(void **state)
{
	static const char text[] =
	    "36 35 0:44 / /a rw shared:2 master:1 - fuse s rw\n"
	    "37 35 0:45 / /b rw - fuse s rw\n";
	const struct seen *seen = understand(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(seen->count, 2);
	assert_true(seen->mount[0].propagated);
	assert_true(seen->mount[0].shared);
	assert_false(seen->mount[1].propagated);
	assert_false(seen->mount[1].shared);
}

static void
test_escapes_in_the_mount_point(void **state)
{
	static const struct {
		const char *written, *meant;
	} cases[] = {
		{ "/a\\040b", "/a b" },
		{ "/a\\011b", "/a\tb" },
		{ "/a\\012b", "/a\nb" },
		{ "/a\\134b", "/a\\b" },
		{ "/a\\043b", "/a#b" },
		{ "/a\\134040b", "/a\\040b" },
		{ "/\\040", "/ " },
		{ "/\\040\\040\\012", "/  \n" },
		{ "/\\303\\244", "/\303\244" },
		{ "/\303\244", "/\303\244" },
		{ "/\\377", "/\377" },
		{ "/#-", "/#-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[200];

		snprintf(line, sizeof(line),
		    "36 35 0:44 / %s rw - fuse src rw\n", cases[i].written);
		assert_string_equal(one(line)->point, cases[i].meant);
	}
}

static void
test_an_empty_source(void **state)
{
	const struct mount *m = one("36 35 0:44 / /mnt rw - fuse  rw,x\n");

	(void)state;
	assert_string_equal(m->options, "rw,x");
}

static void
test_a_source_full_of_escapes_and_dashes(void **state)
{
	const struct mount *m = one("36 35 0:44 /- /mnt - shared:1 - fuse "
				    "-\\040-\\012 rw\n");

	(void)state;
	assert_string_equal(m->type, "fuse");
	assert_string_equal(m->options, "rw");
}

static void
test_more_fields_than_today(void **state)
{
	assert_string_equal(
	    one("36 35 0:44 / /mnt rw - fuse src rw more fields\n")->options,
	    "rw");
	(void)state;
}

static void
test_long_type_and_options_are_cut(void **state)
{
	char line[700], type[200], options[300];
	const struct mount *m;

	(void)state;
	memset(type, 't', sizeof(type));
	memcpy(type, "fuse.", 5);
	type[sizeof(type) - 1] = '\0';
	memset(options, 'o', sizeof(options));
	options[sizeof(options) - 1] = '\0';
	snprintf(line, sizeof(line), "36 35 0:44 / /mnt rw - %s src %s\n", type,
	    options);
	m = one(line);
	assert_int_equal(strlen(m->type), sizeof(m->type) - 1);
	assert_int_equal(strlen(m->options), sizeof(m->options) - 1);
	assert_true(mount_is_fuse(m));
	assert_false(m->cut);
}

/* Mount points of 4 KiB and more: what cannot be kept is said to be cut. */
static void
test_long_mount_points(void **state)
{
	static const size_t sizes[] = { 4000, PATH_MAX - 1, PATH_MAX,
		PATH_MAX + 1, 5120, 70000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		static char line[80000];
		size_t fits = sizes[i] < PATH_MAX - 1 ? sizes[i] : PATH_MAX - 1;
		const struct mount *m;
		int at = snprintf(line, sizeof(line), "36 35 0:44 / /");

		memset(line + at, 'p', sizes[i] - 1);
		strcpy(line + at + sizes[i] - 1, " rw - fuse src rw\n" GOOD);
		m = &understand(line, strlen(line))->mount[0];
		assert_int_equal(strlen(m->point), fits);
		assert_int_equal(m->cut, sizes[i] > fits);
		assert_int_equal(mount_connection(m), 44);
		assert_false(m[1].cut);
		assert_string_equal(m[1].point, "/good");
	}
}

/* As many escapes as go into 4 KiB: 16 KiB of text. */
static void
test_a_long_mount_point_of_escapes(void **state)
{
	static char line[20000];
	const struct mount *m;
	int at = sprintf(line, "36 35 0:44 / /");

	(void)state;
	for (int i = 0; i < PATH_MAX - 2; i++)
		at += sprintf(line + at, "\\040");
	strcpy(line + at, " rw - fuse src rw\n");
	m = one(line);
	assert_int_equal(strlen(m->point), PATH_MAX - 1);
	assert_false(m->cut);
	strcpy(line + at, "\\040 rw - fuse src rw\n");
	assert_true(one(line)->cut);
}

static void
test_a_deleted_mount_point_is_not_a_path(void **state)
{
	(void)state;
	assert_true(one("36 35 0:44 / /mnt//deleted rw - fuse s rw\n")->cut);
	assert_false(one("36 35 0:44 / /deleted rw - fuse s rw\n")->cut);
}

/* Lines that are passed over -------------------------------------------- */

static void
test_what_is_no_line_of_mountinfo(void **state)
{
	static const char *const lines[] = {
		"\n",
		"\n\n\n",
		" \n",
		"          \n",
		"-\n",
		"36\n",
		"36 35\n",
		"36 35 0:44\n",
		"36 35 0:44 /\n",
		"36 35 0:44 / /mnt\n",
		"36 35 0:44 / /mnt rw\n",
		"36 35 0:44 / /mnt rw -\n",
		"36 35 0:44 / /mnt rw - fuse\n",
		"36 35 0:44 / /mnt rw - fuse src\n",
		"36 35 0:44 / /mnt rw fuse src rw\n",
		"36 35 0:44 / /mnt rw shared:1 fuse src rw\n",
		"36 35 0:44 / /mnt rw -- fuse src rw\n",
		"36 35 0:44 / mnt rw - fuse src rw\n",
		"36 35 0:44 /  rw - fuse src rw\n",
		" 36 35 0:44 / /mnt rw - fuse src rw\n",
		"x 35 0:44 / /mnt rw - fuse src rw\n",
		"36 x 0:44 / /mnt rw - fuse src rw\n",
		"36x 35 0:44 / /mnt rw - fuse src rw\n",
		"-36 35 0:44 / /mnt rw - fuse src rw\n",
		"36 +35 0:44 / /mnt rw - fuse src rw\n",
		"36 35 44 / /mnt rw - fuse src rw\n",
		"36 35 : / /mnt rw - fuse src rw\n",
		"36 35 0: / /mnt rw - fuse src rw\n",
		"36 35 :44 / /mnt rw - fuse src rw\n",
		"36 35 0:44: / /mnt rw - fuse src rw\n",
		"36 35 0:0x44 / /mnt rw - fuse src rw\n",
		"99999999999 35 0:44 / /mnt rw - fuse src rw\n",
		"36 99999999999 0:44 / /mnt rw - fuse src rw\n",
		"36 35 99999999999:44 / /mnt rw - fuse src rw\n",
		"36 35 0:99999999999 / /mnt rw - fuse src rw\n",
		"36 35 0:18446744073709551660 / /mnt rw - fuse src rw\n",
		"36 35 0:444444444444444444444444444444444444444444444444 / "
		"/mnt rw - fuse src rw\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[400];

		assert_passed_over(lines[i]);
		snprintf(text, sizeof(text), "%s" GOOD, lines[i]);
		assert_only_good(text, strlen(text));
	}
}

static void
test_hostile_escapes(void **state)
{
	static const char *const points[] = { "/\\9z9", "/\\04", "/\\0", "/\\",
		"/a\\04 b", "/\\08", "/\\080", "/a\\b", "/\\\\", "/\\\\040",
		"/\\ 40", "\\057mnt\\", "/\\4\\40", "/\\000", "/mnt\\000x",
		"/\\400", "/\\777" };

	(void)state;
	for (size_t i = 0; i < COUNT(points); i++) {
		char text[400];

		snprintf(text, sizeof(text),
		    "36 35 0:44 / %s rw - fuse src rw\n" GOOD, points[i]);
		assert_only_good(text, strlen(text));
		snprintf(text, sizeof(text), "36 35 0:44 / %s\n" GOOD,
		    points[i]);
		assert_only_good(text, strlen(text));
	}
}

static void
test_a_nul_byte_spoils_its_line_and_no_other(void **state)
{
	static const char line[] = "36 35 0:44 / /mnt rw - fuse src rw\n";

	(void)state;
	for (size_t at = 0; at + 1 < sizeof(line) - 1; at++) {
		char text[200];

		memcpy(text, line, at);
		text[at] = '\0';
		memcpy(text + at + 1, line + at, sizeof(line) - 1 - at);
		memcpy(text + sizeof(line), GOOD, sizeof(GOOD));
		assert_only_good(text, sizeof(line) + sizeof(GOOD) - 1);
	}
}

static void
test_every_cut_of_a_line(void **state)
{
	static const char line[] =
	    "36 35 0:44 / /m\\040t rw master:1 - fuse src ";

	(void)state;
	for (size_t length = 0; length < sizeof(line) - 1; length++) {
		char text[200];

		/* Without its end there is no line yet. */
		assert_int_equal(understand(line, length)->count, 0);
		snprintf(text, sizeof(text), "%.*s\n" GOOD, (int)length, line);
		assert_only_good(text, strlen(text));
	}
}

static void
test_nothing_at_all(void **state)
{
	(void)state;
	assert_int_equal(understand("", 0)->count, 0);
}

/* Many mounts, and other files ------------------------------------------ */

static void
assert_nth(const struct mount *mount, int n)
{
	char point[64];

	snprintf(point, sizeof(point), "/mnt/with space/%d", n);
	assert_string_equal(mount->point, point);
	assert_int_equal(mount->id, 1000 + n);
	assert_int_equal(mount_connection(mount), n);
}

static int
many_mounts(void)
{
	int fd = memfd_create("mountinfo", 0);

	for (int i = 0; i < 2000; i++)
		dprintf(fd,
		    "%d 35 0:%d / /mnt/with\\040space/%d rw shared:%d - "
		    "fuse src rw\n",
		    1000 + i, i, i, i);
	return fd;
}

static void
assert_two_thousand(struct mounts *m, int fd)
{
	const struct mount *mount;
	int count = 0;

	assert_int_equal(mounts_open(m, fd), 0);
	while ((mount = mounts_next(m)) != NULL)
		assert_nth(mount, count++);
	assert_int_equal(count, 2000);
}

static void
test_two_thousand_mounts(void **state)
{
	int fd = many_mounts();
	struct mounts m;

	(void)state;
	/* Read again and again: it starts over each time. */
	for (int i = 0; i < 3; i++)
		assert_two_thousand(&m, fd);
	assert_null(mounts_next(&m)); /* after the end there are no more */
	close(fd);
}

/* Whoever has seen enough leaves; who comes next begins at the first. */
static void
test_a_reading_may_end_early(void **state)
{
	int fd = many_mounts();
	struct mounts m;

	(void)state;
	for (int enough = 0; enough <= 100; enough += 10) {
		assert_int_equal(mounts_open(&m, fd), 0);
		for (int i = 0; i < enough; i++)
			assert_nth(mounts_next(&m), i);
		assert_two_thousand(&m, fd);
	}
	close(fd);
}

/* Also where the file ends within a line. */
static void
test_half_a_line_does_not_reach_the_next_reading(void **state)
{
	int fd = memfd_create("mountinfo", 0);
	struct mounts m;
	const struct mount *mount;

	(void)state;
	assert_true(dprintf(fd, GOOD "37 35 0:53 / /h") > 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mounts_open(&m, fd), 0);
		mount = mounts_next(&m);
		assert_non_null(mount);
		assert_string_equal(mount->point, "/good");
		assert_null(mounts_next(&m));
	}
	close(fd);
}

static void
test_what_cannot_be_opened(void **state)
{
	struct mounts m;
	int pipes[2];

	(void)state;
	assert_int_equal(mounts_open(&m, -1), -1);
	assert_null(mounts_next(&m));
	assert_int_equal(pipe(pipes), 0);
	close(pipes[1]);
	assert_int_equal(mounts_open(&m, pipes[0]), -1);
	assert_null(mounts_next(&m));
	close(pipes[0]);
}

/* An error is not the end of the mounts: look_at_mounts() tells them apart. */
static void
test_what_cannot_be_read(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mounts m;

	(void)state;
	assert_int_equal(mounts_open(&m, fd), 0);
	assert_null(mounts_next(&m));
	assert_true(m.size < 0);
	close(fd);
}

static void
test_our_own(void **state)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct seen seen;
	int root = 0;

	(void)state;
	assert_true(fd >= 0);
	read_open(&seen, fd);
	close(fd);
	assert_true(seen.count > 0);
	for (int i = 0; i < seen.count && i < MOST; i++)
		root += strcmp(seen.mount[i].point, "/") == 0;
	assert_true(root > 0);
}

/* FUSE, and its connections --------------------------------------------- */

static void
test_what_is_fuse(void **state)
{
	static const struct {
		const char *type;
		bool fuse;
	} cases[] = {
		{ "fuse", true },
		{ "fuse.sshfs", true },
		{ "fuse.", true },
		{ "fuseblk", true },
		{ "fuseblk.ntfs", true },
		{ "fusectl", false },
		{ "fused", false },
		{ "fuseblkx", false },
		{ "fuse-overlayfs", false },
		{ "fus", false },
		{ "", false },
		{ "ext4", false },
		{ "notfuse", false },
		{ "Fuse", false },
		{ "virtiofs", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mount m = { .id = 1 };

		strcpy(m.type, cases[i].type);
		if (mount_is_fuse(&m) != cases[i].fuse)
			fail_msg("%s", cases[i].type);
	}
}

static void
test_the_connection_of_a_mount(void **state)
{
	(void)state;
	assert_int_equal(
	    mount_connection(one("36 35 0:52 / /m rw - fuse s rw\n")), 52);
	assert_int_equal(
	    mount_connection(one("36 35 0:1048575 / /m rw - fuse s rw\n")),
	    1048575);
	assert_int_equal(mount_connection(one(
			     "36 35 7:0 / /m rw - fuseblk /dev/loop0 rw\n")),
	    7 << 20);
	assert_int_equal(
	    mount_connection(
		one("36 35 8:17 / /m rw - fuseblk.ntfs /dev/sdb1 rw\n")),
	    8 << 20 | 17);
}

/* Anything at all ------------------------------------------------------- */

static size_t
hostile(char *text, size_t size, uint64_t *seed)
{
	static const char *const pieces[] = { "36 35 0:44 / ", "/mnt", " ",
		" rw ", "- fuse src rw", "\n", "\\040", "\\", "\\0", "\\9z9",
		"master:1 ", "shared:2 ", "- ", "-", ":", "0:44 ", "/",
		"99999999999999999999 ", "fuseblk", "\t", "\r",
		"36 35 0:44 / /mnt rw master:1 - fuse src rw\n" };
	size_t used = 0;

	while (used < size - 100 && random_next(seed) % 40 != 0) {
		const char *piece = pieces[random_next(seed) % COUNT(pieces)];

		if (random_next(seed) % 8 == 0)
			text[used++] = (char)random_next(seed);
		else if (random_next(seed) % 200 == 0) {
			size_t run = random_next(seed) % 6000;

			if (run > size - used - 100)
				continue;
			memset(text + used, 'x', run);
			used += run;
		} else {
			memcpy(text + used, piece, strlen(piece));
			used += strlen(piece);
		}
	}
	return used;
}

static void
test_anything_at_all(void **state)
{
	static char text[20000];
	uint64_t seed = 20261122;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		size_t used = hostile(text, sizeof(text), &seed);
		const struct seen *seen;
		const struct mount *last;

		memcpy(text + used, "\n" GOOD, sizeof(GOOD));
		seen = understand(text, used + sizeof(GOOD));
		assert_true(seen->count > 0);
		for (int i = 0; i < seen->count && i < MOST; i++) {
			const struct mount *m = &seen->mount[i];

			assert_int_equal(m->point[0], '/');
			assert_true(memchr(m->point, 0, sizeof(m->point)));
			assert_true(memchr(m->type, 0, sizeof(m->type)));
			assert_true(memchr(m->options, 0, sizeof(m->options)));
			assert_true(m->id >= 0 && m->parent >= 0);
		}
		last = &seen->mount[seen->count - 1];
		if (seen->count <= MOST)
			assert_string_equal(last->point, "/good");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_optional_fields),
		cmocka_unit_test(
		    test_propagation_of_one_line_does_not_reach_the_next),
		cmocka_unit_test(test_escapes_in_the_mount_point),
		cmocka_unit_test(test_an_empty_source),
		cmocka_unit_test(test_a_source_full_of_escapes_and_dashes),
		cmocka_unit_test(test_more_fields_than_today),
		cmocka_unit_test(test_long_type_and_options_are_cut),
		cmocka_unit_test(test_long_mount_points),
		cmocka_unit_test(test_a_long_mount_point_of_escapes),
		cmocka_unit_test(test_a_deleted_mount_point_is_not_a_path),
		cmocka_unit_test(test_what_is_no_line_of_mountinfo),
		cmocka_unit_test(test_hostile_escapes),
		cmocka_unit_test(test_a_nul_byte_spoils_its_line_and_no_other),
		cmocka_unit_test(test_every_cut_of_a_line),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_two_thousand_mounts),
		cmocka_unit_test(test_a_reading_may_end_early),
		cmocka_unit_test(
		    test_half_a_line_does_not_reach_the_next_reading),
		cmocka_unit_test(test_what_cannot_be_opened),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_our_own),
		cmocka_unit_test(test_what_is_fuse),
		cmocka_unit_test(test_the_connection_of_a_mount),
		cmocka_unit_test(test_anything_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
