/* One event, one line, and never a wait for whoever reads it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "src/base/log.h"

struct pipe {
	int out, in;
};

static struct pipe
open_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	return (struct pipe){ fds[0], fds[1] };
}

static void
close_pipe(struct pipe p)
{
	close(p.out);
	close(p.in);
}

/* What is in the pipe now. */
static const char *
drain(struct pipe p)
{
	static char text[1 << 17];
	size_t used = 0;
	ssize_t n;

	fcntl(p.out, F_SETFL, O_NONBLOCK);
	while ((n = read(p.out, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

static void
fill(struct pipe p)
{
	static const char block[4096] = "full";
	int flags = fcntl(p.in, F_GETFL);

	fcntl(p.in, F_SETFL, flags | O_NONBLOCK);
	while (write(p.in, block, sizeof(block)) > 0)
		;
	while (write(p.in, block, 1) > 0)
		;
	fcntl(p.in, F_SETFL, flags);
}

static void
test_a_line(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_WARNING };

	(void)state;
	log_line(&log, LOG_WARNING, "connection %u (%s, %s[%d])", 45U,
	    "/mnt/nd", "ndrive", 31);
	assert_string_equal(drain(p),
	    "fini: connection 45 (/mnt/nd, ndrive[31])\n");
	close_pipe(p);
}

static void
test_verbosity(void **state)
{
	struct pipe p = open_pipe();

	(void)state;
	for (int verbosity = LOG_ERROR; verbosity <= LOG_TRACE; verbosity++) {
		struct log log = { .fd = p.in, .verbosity = verbosity };

		for (int level = LOG_ERROR; level <= LOG_TRACE; level++)
			log_line(&log, (enum log_level)level, "x");
		assert_int_equal(lines_in(drain(p)), verbosity + 1);
		assert_int_equal(log.lost, 0);
	}
	close_pipe(p);
}

static void
test_control_characters_forge_no_line(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };

	(void)state;
	log_line(&log, LOG_ERROR, "%s",
	    "a\nfini: all is well\r\t\033[2J\x7f\x01z");
	assert_string_equal(drain(p), "fini: a?fini: all is well???[2J??z\n");
	log_line(&log, LOG_ERROR, "%c%s", '\n', "\303\244");
	assert_string_equal(drain(p), "fini: ?\303\244\n");
	close_pipe(p);
}

static void
test_a_long_line_is_cut_and_still_a_line(void **state)
{
	static char long_text[100000];
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };
	const char *text;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	log_line(&log, LOG_ERROR, "%s%s", "start ", long_text);
	text = drain(p);
	assert_int_equal(lines_in(text), 1);
	assert_true(strlen(text) <= 4096); /* PIPE_BUF: never torn */
	assert_int_equal(strncmp(text, "fini: start xxx", 15), 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
	close_pipe(p);
}

static void
test_lines_that_find_no_room_are_counted_and_told(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };

	(void)state;
	fill(p);
	for (int i = 0; i < 3; i++)
		log_line(&log, LOG_ERROR, "lost");
	log_line(&log, LOG_INFO, "not within the verbosity: not lost");
	assert_int_equal(log.lost, 3);
	drain(p);
	log_line(&log, LOG_ERROR, "written");
	assert_string_equal(drain(p),
	    "fini: 3 lines lost: stderr was full\nfini: written\n");
	assert_int_equal(log.lost, 0);
	log_line(&log, LOG_ERROR, "again");
	assert_string_equal(drain(p), "fini: again\n");
	close_pipe(p);
}

/* Until the very last byte: what is in the pipe are whole lines. */
static void
test_no_line_is_torn(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };
	unsigned sent = 0, whole = 0;
	char *line, *rest;

	(void)state;
	fcntl(p.in, F_SETPIPE_SZ, 4096);
	while (log.lost == 0 && sent < 100000) {
		log_line(&log, LOG_ERROR, "line %u of many", sent);
		sent++;
	}
	assert_int_equal(log.lost, 1);
	rest = (char *)drain(p);
	assert_int_equal(rest[strlen(rest) - 1], '\n');
	while ((line = strsep(&rest, "\n")) && *line) {
		char expected[64];

		snprintf(expected, sizeof(expected), "fini: line %u of many",
		    whole++);
		assert_string_equal(line, expected);
	}
	assert_int_equal(whole, sent - 1);
	close_pipe(p);
}

static void
test_nobody_listens(void **state)
{
	struct pipe p = open_pipe();
	struct log closed = { .fd = 1000, .verbosity = LOG_ERROR };
	struct log broken = { .fd = p.in, .verbosity = LOG_ERROR };

	(void)state;
	log_line(&closed, LOG_ERROR, "x");
	assert_int_equal(closed.lost, 0); /* not wanted: not lost */
	close(p.out);
	signal(SIGPIPE, SIG_IGN); /* init has it blocked */
	log_line(&broken, LOG_ERROR, "x");
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(broken.lost, 0);
	close(p.in);
}

static void
test_a_full_device(void **state)
{
	struct log log = { .verbosity = LOG_ERROR };

	(void)state;
	log.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(log.fd >= 0);
	for (int i = 0; i < 10; i++)
		log_line(&log, LOG_ERROR, "x");
	close(log.fd);
}

static void
test_errno_is_kept(void **state)
{
	struct pipe p = open_pipe();
	struct log closed = { .fd = 1000, .verbosity = LOG_TRACE };
	struct log quiet = { .fd = p.in, .verbosity = LOG_ERROR };
	struct log full = { .fd = p.in, .verbosity = LOG_ERROR };

	(void)state;
	errno = ENOTCONN;
	log_line(&closed, LOG_ERROR, "x");
	assert_int_equal(errno, ENOTCONN);
	log_line(&quiet, LOG_TRACE, "x");
	assert_int_equal(errno, ENOTCONN);
	fill(p);
	errno = ENOTCONN;
	log_line(&full, LOG_ERROR, "x");
	assert_int_equal(errno, ENOTCONN);
	close_pipe(p);
}

/* O_NONBLOCK would be main's too: it shares the open file. */
static void
test_the_open_file_stays_as_it_is(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };
	int flags = fcntl(p.in, F_GETFL);

	(void)state;
	fill(p);
	log_line(&log, LOG_ERROR, "x");
	assert_int_equal(fcntl(p.in, F_GETFL), flags);
	close_pipe(p);
}

static void
test_a_file(void **state)
{
	char text[100] = "";
	int fd = memfd_create("log", 0);
	struct log log = { .fd = fd, .verbosity = LOG_ERROR };

	(void)state;
	log_line(&log, LOG_ERROR, "one");
	log_line(&log, LOG_ERROR, "two");
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "fini: one\nfini: two\n");
	close(fd);
}

static void
test_raw(void **state)
{
	struct pipe p = open_pipe();
	struct log log = { .fd = p.in, .verbosity = LOG_ERROR };

	(void)state;
	log_raw(&log, "as\nit\tis\n", 9);
	assert_string_equal(drain(p), "as\nit\tis\n");
	fill(p);
	log_raw(&log, "no room\n", 8);
	assert_int_equal(log.lost, 1);
	close_pipe(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line),
		cmocka_unit_test(test_verbosity),
		cmocka_unit_test(test_control_characters_forge_no_line),
		cmocka_unit_test(test_a_long_line_is_cut_and_still_a_line),
		cmocka_unit_test(
		    test_lines_that_find_no_room_are_counted_and_told),
		cmocka_unit_test(test_no_line_is_torn),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_a_full_device),
		cmocka_unit_test(test_errno_is_kept),
		cmocka_unit_test(test_the_open_file_stays_as_it_is),
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
