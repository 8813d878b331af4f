/* The command line and the environment: fini's own and tini's. */
#include "tests/unit/unit.h"

#include <signal.h>

#include "init/cli/fini.h"
#include "init/cli/values.h"
#include "src/base/log.h"

/* What a run said, and what it understood. */
static struct options o;
static char out[20000], err[20000];

#define ARGUMENTS(...) ((char *[]){ (char *)"fini", __VA_ARGS__, NULL })
#define ENVIRONMENT(...) ((char *[]){ __VA_ARGS__, NULL })
#define NOTHING ((char *[]){ NULL })

static enum options_result
run(char **argv, char **environment)
{
	struct capture on_out = capture_begin(STDOUT_FILENO);
	struct capture on_err = capture_begin(STDERR_FILENO);
	enum options_result result = fini_options(&o, argv, environment);

	capture_end(&on_out, out, sizeof(out));
	capture_end(&on_err, err, sizeof(err));
	return result;
}

static void
assert_runs(char **argv, char **environment)
{
	if (run(argv, environment) != OPTIONS_RUN)
		fail_msg("not run: %s", err);
	assert_string_equal(out, "");
	assert_string_equal(err, "");
}

/* It runs, after one line that names what is probably not meant. */
static void
assert_warned(char **argv, char **environment, const char *named)
{
	if (run(argv, environment) != OPTIONS_RUN)
		fail_msg("not run: %s", err);
	assert_string_equal(out, "");
	if (lines_in(err) != 1 || !strstr(err, named))
		fail_msg("\"%s\" is not one line that names %s", err, named);
}

/* One line, and it names what is wrong. */
static void
assert_wrong(char **argv, char **environment, const char *named)
{
	if (run(argv, environment) != OPTIONS_WRONG)
		fail_msg("not refused: %s", named);
	assert_string_equal(out, "");
	assert_int_equal(lines_in(err), 1);
	assert_int_equal(strncmp(err, "fini: ", 6), 0);
	if (!strstr(err, named))
		fail_msg("%s does not name %s", err, named);
}

/* What is main's -------------------------------------------------------- */

static void
test_defaults(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), NOTHING);
	assert_string_equal(o.main[0], "true");
	assert_null(o.main[1]);
	assert_int_equal(o.verbosity, LOG_WARNING);
	assert_int_equal(o.pdeath_signal, 0);
	assert_int_equal(o.stop_signal, SIGTERM);
	assert_false(o.subreaper || o.warn_on_reap || o.group || o.wait);
	assert_int_equal(o.kill_grace_ms, -1);
	assert_null(o.report);
	assert_int_equal(o.report_format, FORMAT_TEXT);
	for (int i = 0; i < 256; i++)
		assert_int_equal(o.remapped[i], 0);
}

/* docker stop gives ten seconds. */
static void
test_the_graces_together_stay_under_ten_seconds(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), NOTHING);
	assert_true(o.client_grace_ms > 0 && o.client_kill_ms > 0 &&
	    o.drain_ms > 0 && o.server_grace_ms > 0 && o.abort_wait_ms > 0);
	assert_true(o.client_grace_ms + o.client_kill_ms + o.drain_ms +
		o.server_grace_ms + o.abort_wait_ms <
	    10000);
}

static void
test_options_end_at_the_first_operand(void **state)
{
	char **argv = ARGUMENTS("-v", "sh", "-c", "exit 7", "-g", "--help");

	(void)state;
	assert_runs(argv, NOTHING);
	assert_ptr_equal(o.main, argv + 2);
	assert_string_equal(o.main[1], "-c");
	assert_string_equal(o.main[3], "-g");
	assert_false(o.group);
}

static void
test_options_end_at_two_dashes(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-v", "--", "-g", "--"), NOTHING);
	assert_string_equal(o.main[0], "-g");
	assert_string_equal(o.main[1], "--");
	assert_false(o.group);
	assert_runs(ARGUMENTS("--", "--"), NOTHING);
	assert_string_equal(o.main[0], "--");
	assert_runs(ARGUMENTS("sh", "-c", "--", "x"), NOTHING);
	assert_string_equal(o.main[2], "--");
	assert_runs(ARGUMENTS("--", "true", "--", "x"), NOTHING);
	assert_string_equal(o.main[1], "--");
}

/* As tini's getopt(3) has it: where no word before looks like an option. */
static void
test_end_of_options_behind_main(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-v", "sh", "-", "--", "-c", "--"), NOTHING);
	assert_string_equal(o.main[1], "-");
	assert_string_equal(o.main[2], "-c");
	assert_string_equal(o.main[3], "--");
	assert_null(o.main[4]);
	assert_runs(ARGUMENTS("true", "--"), NOTHING);
	assert_null(o.main[1]);
}

static void
test_a_single_dash_is_an_operand(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-", "-g"), NOTHING);
	assert_string_equal(o.main[0], "-");
}

static void
test_an_empty_name_is_an_operand(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS(""), NOTHING);
	assert_string_equal(o.main[0], "");
}

/* Every option, every form ---------------------------------------------- */

static void
test_letters(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-s", "-w", "-g", "-v", "-p", "TERM", "-e", "143",
			"true"),
	    NOTHING);
	assert_true(o.subreaper && o.warn_on_reap && o.group);
	assert_int_equal(o.verbosity, LOG_INFO);
	assert_int_equal(o.pdeath_signal, SIGTERM);
	assert_int_equal(o.remapped[143], 1);
	assert_int_equal(o.remapped[142], 0);
}

static void
test_clustered_letters(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-swgvv", "true"), NOTHING);
	assert_true(o.subreaper && o.warn_on_reap && o.group);
	assert_int_equal(o.verbosity, LOG_DEBUG);
	assert_runs(ARGUMENTS("-pTERM", "true"), NOTHING);
	assert_int_equal(o.pdeath_signal, SIGTERM);
	assert_runs(ARGUMENTS("-gpSIGINT", "true"), NOTHING);
	assert_true(o.group);
	assert_int_equal(o.pdeath_signal, SIGINT);
	assert_runs(ARGUMENTS("-gp", "9", "true"), NOTHING);
	assert_int_equal(o.pdeath_signal, SIGKILL);
	assert_runs(ARGUMENTS("-e7", "-we8", "true"), NOTHING);
	assert_true(o.remapped[7] && o.remapped[8] && o.warn_on_reap);
	/* The rest of the cluster is -p's argument, whatever it looks like. */
	assert_wrong(ARGUMENTS("-pg", "true"), NOTHING, "-p");
}

static void
test_verbosity(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-v", "-v", "-v", "true"), NOTHING);
	assert_int_equal(o.verbosity, LOG_TRACE);
	assert_runs(ARGUMENTS("-vvv", "true"), NOTHING);
	assert_int_equal(o.verbosity, LOG_TRACE);
	assert_runs(ARGUMENTS("-vvvvvvvvvv", "true"), NOTHING);
	assert_true(o.verbosity >= LOG_TRACE);
	assert_runs(ARGUMENTS("--verbosity=0", "true"), NOTHING);
	assert_int_equal(o.verbosity, LOG_ERROR);
	assert_runs(ARGUMENTS("--verbose", "true"), NOTHING);
	assert_int_equal(o.verbosity, LOG_INFO);
}

static void
test_long_forms(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("--subreaper", "--warn-on-reap",
			"--kill-process-group", "--wait", "--pdeathsig", "USR1",
			"--remap-exit=3", "true"),
	    NOTHING);
	assert_true(o.subreaper && o.warn_on_reap && o.group && o.wait);
	assert_int_equal(o.pdeath_signal, SIGUSR1);
	assert_int_equal(o.remapped[3], 1);
	assert_runs(ARGUMENTS("--pdeathsig=RTMIN+1", "true"), NOTHING);
	assert_int_equal(o.pdeath_signal, 35);
	assert_runs(ARGUMENTS("--rewrite=TERM:QUIT,sigusr1:0", "--rewrite",
			"15:RTMIN", "-r1:2", "true"),
	    NOTHING);
	assert_int_equal(o.rewritten[SIGTERM], 34);
	assert_int_equal(o.rewritten[SIGUSR1], 0);
	assert_int_equal(o.rewritten[SIGHUP], SIGINT);
	assert_int_equal(o.rewritten[64], 64);
	assert_wrong(ARGUMENTS("--rewrite=TERM", "true"), NOTHING, "TERM");
	assert_wrong(ARGUMENTS("--rewrite=:TERM", "true"), NOTHING, ":TERM");
	assert_wrong(ARGUMENTS("--rewrite=TERM:", "true"), NOTHING, "TERM:");
	assert_wrong(ARGUMENTS("--rewrite=0:TERM", "true"), NOTHING, "0:TERM");
	assert_wrong(ARGUMENTS("--rewrite=1:2,", "true"), NOTHING, "1:2,");
	assert_wrong(ARGUMENTS("--rewrite=65:1", "true"), NOTHING, "65:1");
	assert_wrong(ARGUMENTS("--rewrite=1:2:3", "true"), NOTHING, "1:2:3");
	assert_wrong(ARGUMENTS("--rewrite=RTMIN+11111111111111111111111111:2",
			 "true"),
	    NOTHING, "RTMIN");
	assert_runs(ARGUMENTS("--stop-signal=INT", "true"), NOTHING);
	assert_int_equal(o.stop_signal, SIGINT);
	assert_runs(ARGUMENTS("--wait=no", "--subreaper=1", "true"), NOTHING);
	assert_false(o.wait);
	assert_true(o.subreaper);
}

static void
test_durations(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("--kill-grace=1s", "--client-grace", "250ms",
			"--client-kill=2", "--drain=0", "--server-grace=1.5s",
			"--abort-wait=1m", "true"),
	    NOTHING);
	assert_int_equal(o.kill_grace_ms, 1000);
	assert_int_equal(o.client_grace_ms, 250);
	assert_int_equal(o.client_kill_ms, 2000);
	assert_int_equal(o.drain_ms, 0);
	assert_int_equal(o.server_grace_ms, 1500);
	assert_int_equal(o.abort_wait_ms, 60000);
}

static void
test_report(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("--report=-", "true"), NOTHING);
	assert_string_equal(o.report, "-");
	assert_int_equal(o.report_format, FORMAT_TEXT);
	assert_runs(ARGUMENTS("--report", "/tmp/a=b", "--report-format=json",
			"true"),
	    NOTHING);
	assert_string_equal(o.report, "/tmp/a=b");
	assert_int_equal(o.report_format, FORMAT_JSON);
	assert_runs(ARGUMENTS("--report-format=json", "--report-format=text",
			"true"),
	    NOTHING);
	assert_int_equal(o.report_format, FORMAT_TEXT);
}

static void
test_guard(void **state)
{
	static const struct {
		char *argument;
		int guard;
	} cases[] = {
		{ "--guard=auto", GUARD_AUTO },
		{ "--guard=always", GUARD_ALWAYS },
		{ "--guard=never", GUARD_NEVER },
	};

	(void)state;
	assert_runs(ARGUMENTS("true"), NOTHING);
	assert_int_equal(o.guard, GUARD_AUTO);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_runs(ARGUMENTS(cases[i].argument, "true"), NOTHING);
		assert_int_equal(o.guard, cases[i].guard);
	}
	assert_runs(ARGUMENTS("--kill-budget=250ms", "--server-check=0",
			"true"),
	    ENVIRONMENT("FINI_GUARD=never"));
	assert_int_equal(o.guard, GUARD_NEVER);
	assert_int_equal(o.kill_budget_ms, 250);
	assert_int_equal(o.server_check_ms, 0);
	assert_wrong(ARGUMENTS("--guard=perhaps", "true"), NOTHING, "--guard");
	assert_wrong(ARGUMENTS("--guard=", "true"), NOTHING, "--guard");
}

/* What fini starts itself ---------------------------------------------- */

static void
test_servers(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), NOTHING);
	assert_null(o.server[0]);
	assert_int_equal(o.server_ready_ms, 30000);
	assert_int_equal(o.server_exit, SERVER_EXIT_STOP);
	assert_false(o.isolate);
	assert_runs(ARGUMENTS("--server=a 'b c'", "--isolate", "--server", "d",
			"--server-ready=1.5s", "--server-exit=restart", "true"),
	    NOTHING);
	assert_string_equal(o.server[0], "a 'b c'");
	assert_string_equal(o.server[1], "d");
	assert_null(o.server[2]);
	assert_true(o.isolate);
	assert_int_equal(o.server_ready_ms, 1500);
	assert_int_equal(o.server_exit, SERVER_EXIT_RESTART);
	assert_runs(ARGUMENTS("--server-exit=ignore", "true"), NOTHING);
	assert_int_equal(o.server_exit, SERVER_EXIT_IGNORE);
	assert_wrong(ARGUMENTS("--server-exit=never", "true"), NOTHING,
	    "--server-exit");
	assert_wrong(ARGUMENTS("--server-ready=soon", "true"), NOTHING,
	    "--server-ready");
	assert_wrong(ARGUMENTS("--server=", "true"), NOTHING, "--server");
	assert_wrong(ARGUMENTS("--server"), NOTHING, "--server");
}

static void
test_as_many_servers_as_there_may_be(void **state)
{
	char *argv[SERVERS_DECLARED + 4] = { (char *)"fini" };

	(void)state;
	for (int i = 1; i <= SERVERS_DECLARED; i++)
		argv[i] = (char *)"--server=x";
	argv[SERVERS_DECLARED + 1] = (char *)"true";
	assert_runs(argv, NOTHING);
	assert_string_equal(o.server[SERVERS_DECLARED - 1], "x");
	assert_null(o.server[SERVERS_DECLARED]);
	argv[SERVERS_DECLARED + 1] = (char *)"--server=x";
	argv[SERVERS_DECLARED + 2] = (char *)"true";
	assert_wrong(argv, NOTHING, "--server");
}

static void
test_servers_from_the_environment(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_SERVER_2=b", "FINI_SERVER_1=a", "FINI_SERVER_3=c",
		"FINI_SERVER_1_PORT=tcp://10.0.0.1:80"));
	assert_string_equal(o.server[0], "a");
	assert_string_equal(o.server[1], "b");
	assert_string_equal(o.server[2], "c");
	assert_null(o.server[3]);
	assert_runs(ARGUMENTS("--server=c", "true"),
	    ENVIRONMENT("FINI_SERVER_1=a", "FINI_SERVER_EXIT=ignore",
		"FINI_SERVER_READY=2s", "FINI_ISOLATE=yes"));
	assert_string_equal(o.server[0], "a");
	assert_string_equal(o.server[1], "c");
	assert_int_equal(o.server_exit, SERVER_EXIT_IGNORE);
	assert_int_equal(o.server_ready_ms, 2000);
	assert_true(o.isolate);
}

/* Docker cannot take a variable out of an image: it can be made empty. */
static void
test_an_empty_server_is_left_out(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), ENVIRONMENT("FINI_SERVER_1="));
	assert_null(o.server[0]);
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_SERVER_1=a",
		"FINI_SERVER_2=", "FINI_SERVER_3=c"));
	assert_string_equal(o.server[0], "a");
	assert_string_equal(o.server[1], "c");
	assert_null(o.server[2]);
}

static void
test_servers_that_would_be_missed(void **state)
{
	static const struct {
		char *variable, *named;
	} cases[] = {
		{ "FINI_SERVER_2=b", "FINI_SERVER_1" },
		{ "FINI_SERVER_0=b", "FINI_SERVER_0" },
		{ "FINI_SERVER_01=b", "FINI_SERVER_01" },
		{ "FINI_SERVER_33=b", "FINI_SERVER_33" },
		{ "FINI_SERVER_4294967295=b", "FINI_SERVER_4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_wrong(ARGUMENTS("true"), ENVIRONMENT(cases[i].variable),
		    cases[i].named);
	assert_wrong(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_SERVER_1=a", "FINI_SERVER_4=d",
		"FINI_SERVER_3=c"),
	    "missing: FINI_SERVER_2 ");
	assert_warned(ARGUMENTS("true"), ENVIRONMENT("FINI_SERVER_=b"),
	    "FINI_SERVER_ ");
	assert_warned(ARGUMENTS("true"), ENVIRONMENT("FINI_SERVER_-1=b"),
	    "FINI_SERVER_-1 ");
}

/* No shell runs it: what only a shell understands is most likely a slip. */
static void
test_a_command_for_a_shell(void **state)
{
	static const struct {
		char *option, *named;
	} cases[] = {
		{ "--server=a && b", "so && b is" },
		{ "--server=a $HOME/b", "so $HOME/b is" },
		{ "--server=a >log 2>&1", "so >log" },
		{ "--before-servers=a | b", "--before-servers 'a | b'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_warned(ARGUMENTS(cases[i].option, "true"), NOTHING,
		    cases[i].named);
		assert_non_null(strstr(err, "no shell runs it"));
	}
	assert_warned(ARGUMENTS("true"), ENVIRONMENT("FINI_SERVER_1=a; b"),
	    "no shell");
	assert_runs(ARGUMENTS("--verbosity=0", "true"),
	    ENVIRONMENT("FINI_SERVER_1=a && b", "FINI_NO=x"));
	assert_runs(ARGUMENTS("--server=sh -c 'a && exec $b'", "true"),
	    NOTHING);
}

static void
test_the_end_of_servers(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), NOTHING);
	assert_null(o.before_servers);
	assert_null(o.keep[0]);
	assert_int_equal(o.linger_ms, 0);
	assert_int_equal(o.before_servers_ms, 5000);
	assert_runs(ARGUMENTS("--before-servers=a b", "--linger=1m", "--keep=x",
			"--before-servers-time=250ms", "--keep", "y", "true"),
	    NOTHING);
	assert_string_equal(o.before_servers, "a b");
	assert_int_equal(o.before_servers_ms, 250);
	assert_int_equal(o.linger_ms, 60000);
	assert_string_equal(o.keep[0], "x");
	assert_string_equal(o.keep[1], "y");
	assert_null(o.keep[2]);
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_BEFORE_SERVERS=c", "FINI_KEEP=z"));
	assert_string_equal(o.before_servers, "c");
	assert_string_equal(o.keep[0], "z");
	assert_wrong(ARGUMENTS("--before-servers=", "true"), NOTHING,
	    "--before-servers");
	assert_wrong(ARGUMENTS("--keep=", "true"), NOTHING, "--keep");
	assert_wrong(ARGUMENTS("--linger=x", "true"), NOTHING, "--linger");
	assert_wrong(ARGUMENTS("--keep=1", "--keep=2", "--keep=3", "--keep=4",
			 "--keep=5", "--keep=6", "--keep=7", "--keep=8",
			 "--keep=9", "true"),
	    NOTHING, "--keep");
}

static void
test_remapped_statuses(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("-e", "0", "-e255", "-e", "143,130,1", "true"),
	    NOTHING);
	for (int i = 0; i < 256; i++)
		assert_int_equal(o.remapped[i],
		    i == 0 || i == 255 || i == 143 || i == 130 || i == 1);
}

/* -h, -l, --version ----------------------------------------------------- */

static void
test_help(void **state)
{
	static const char *const shown[] = { "usage: fini", "-p, --pdeathsig",
		"-s, --subreaper", "-v, --verbose", "-w, --warn-on-reap",
		"-g, --kill-process-group", "-e, --remap-exit", "-l, --license",
		"-h, --help", "--version", "--verbosity", "--wait",
		"--kill-grace", "--client-grace", "--client-kill", "--drain",
		"--server-grace", "--abort-wait", "--report", "--report-format",
		"FINI_", "TINI_SUBREAPER" };

	(void)state;
	assert_int_equal(run(ARGUMENTS("-h"), NOTHING), OPTIONS_DONE);
	assert_string_equal(err, "");
	for (size_t i = 0; i < COUNT(shown); i++)
		if (!strstr(out, shown[i]))
			fail_msg("help does not show %s", shown[i]);
	assert_int_equal(run(ARGUMENTS("--help", "true"), NOTHING),
	    OPTIONS_DONE);
	assert_non_null(strstr(out, "usage: fini"));
	assert_int_equal(run(ARGUMENTS("-gh"), NOTHING), OPTIONS_DONE);
}

/* That one is known: used without a value it lacks one, or all is well. */
static void
assert_known(char *option)
{
	static char help[sizeof(out)];

	strcpy(help, out);
	if (run(ARGUMENTS(option), NOTHING) == OPTIONS_WRONG &&
	    !strstr(err, "no program") && !strstr(err, "value"))
		fail_msg("%s: %s", option, err);
	strcpy(out, help);
}

static void
test_help_shows_nothing_that_is_unknown(void **state)
{
	int shown = 0;

	(void)state;
	assert_int_equal(run(ARGUMENTS("--help"), NOTHING), OPTIONS_DONE);
	for (char *s = out; (s = strchr(s, '\n')); s++) {
		char letter[] = "-x", name[40] = "";

		if (sscanf(s, "\n  -%1[a-z], ", letter + 1) == 1)
			assert_known(letter);
		if (strncmp(s, "\n  ", 3) == 0 && s[7] == '-' &&
		    sscanf(s + 7, "%39[a-z-]", name) == 1) {
			assert_known(name);
			shown++;
		}
	}
	assert_true(shown > 30);
}

/* No line runs far beyond a terminal's 80 columns. */
static void
test_help_fits_a_screen(void **state)
{
	(void)state;
	assert_int_equal(run(ARGUMENTS("--help"), NOTHING), OPTIONS_DONE);
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 100)
			fail_msg("%s", line);
}

/* dockerd parses "NAME version X - git.Y". */
static void
test_version(void **state)
{
	int end = 0;

	(void)state;
	assert_int_equal(run(ARGUMENTS("--version"), NOTHING), OPTIONS_DONE);
	assert_int_equal(sscanf(out, "fini version %*[0-9.] - git.%*[^\n]%n",
			     &end),
	    0);
	assert_true(end > 0);
	assert_string_equal(out + end, "\n");
	assert_string_equal(err, "");
}

static void
test_license(void **state)
{
	(void)state;
	assert_int_equal(run(ARGUMENTS("-l"), NOTHING), OPTIONS_DONE);
	assert_non_null(strstr(out, "Permission is hereby granted"));
	assert_int_equal(run(ARGUMENTS("--license"), NOTHING), OPTIONS_DONE);
	assert_non_null(strstr(out, "WITHOUT WARRANTY OF ANY KIND"));
}

/* What is wrong --------------------------------------------------------- */

static void
test_no_program(void **state)
{
	(void)state;
	assert_wrong(((char *[]){ (char *)"fini", NULL }), NOTHING,
	    "no program");
	assert_wrong(ARGUMENTS("-v"), NOTHING, "no program");
	assert_wrong(ARGUMENTS("--"), NOTHING, "no program");
	assert_wrong(ARGUMENTS("-vg", "--"), NOTHING, "no program");
}

static void
test_unknown_options(void **state)
{
	static char *const unknown[] = { "-x", "-V", "-0", "-\001", "--x",
		"--hel", "--helpme", "--wait-", "--WAIT", "--wait_", "---",
		"--=x", "--version=1" };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_wrong(ARGUMENTS(unknown[i], "true"), NOTHING,
		    "unknown option");
	assert_wrong(ARGUMENTS("-gx", "true"), NOTHING, "-x");
}

static void
test_wrong_values(void **state)
{
	static char *const wrong[] = { "-pNOSIG", "-p0", "-p65", "-p-1",
		"-e256", "-e-1", "-ex", "-e1,", "-e,1", "-e1,,2", "-e1000",
		"-e1 ", "--remap-exit=", "--pdeathsig=", "--verbosity=5",
		"--verbosity=-1", "--verbosity=x",
		"--verbosity=", "--kill-grace=", "--kill-grace=-1",
		"--kill-grace=1d", "--client-grace=x", "--client-kill=1s1",
		"--client-grace=1m30", "--client-grace=30s1m", "--drain=.5",
		"--server-grace=1.", "--abort-wait=25h",
		"--report=", "--report-format=xml",
		"--report-format=", "--wait=maybe", "--subreaper=2" };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_wrong(ARGUMENTS(wrong[i], "true"), NOTHING, "-");
}

/* The line says what would be right. */
static void
test_a_wrong_value_names_the_right_form(void **state)
{
	static const struct {
		char *argument, *form;
	} cases[] = {
		{ "--drain=soon", "--drain: 'soon' is wrong: give a duration" },
		{ "--wait=maybe", "yes or no" },
		{ "--verbose=3", "--verbose: '3' is wrong: give no value" },
		{ "--verbosity=5", "a number from 0 to 4" },
		{ "--rewrite=TERM",
		    "--rewrite: 'TERM' is wrong: give a signal and what" },
		{ "-pNOSIG", "-p: 'NOSIG' is wrong: give a signal, such as" },
		{ "-e256", "statuses from 0 to 255" },
		{ "--server-exit=no", "give stop|ignore|restart" },
		{ "--server-exit=stop|ignore", "give stop|ignore|restart" },
		{ "--guard=on", "give auto|always|never" },
		{ "--report-format=xml", "give text|json" },
		{ "--report=", "give a text that is not empty" },
		{ "--server=", "--server: '' is wrong: give a text that is" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_wrong(ARGUMENTS(cases[i].argument, "true"), NOTHING,
		    cases[i].form);
	assert_wrong(ARGUMENTS("true"), ENVIRONMENT("FINI_DRAIN=soon"),
	    "FINI_DRAIN: 'soon' is wrong: give a duration");
	assert_wrong(ARGUMENTS("--drain"), NOTHING,
	    "--drain: its value is missing: give a duration");
}

static void
test_values_that_are_missing(void **state)
{
	static char *const lacking[] = { "-p", "-e", "-gp", "--pdeathsig",
		"--remap-exit", "--kill-grace", "--client-grace", "--report",
		"--report-format", "--verbosity" };

	(void)state;
	for (size_t i = 0; i < COUNT(lacking); i++)
		assert_wrong(ARGUMENTS(lacking[i]), NOTHING, "value");
}

/* The message itself must be one line, whatever is shown in it. */
static void
test_a_hostile_option_forges_no_line(void **state)
{
	(void)state;
	assert_wrong(ARGUMENTS("--x\nfini: all is well\033[2J", "true"),
	    NOTHING, "--x?fini");
	assert_wrong(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_DRAIN=\nfini: all is well"), "FINI_DRAIN");
}

static void
test_a_long_option_is_shown_in_part(void **state)
{
	static char option[100000];

	(void)state;
	memset(option, '-', 2);
	memset(option + 2, 'x', sizeof(option) - 3);
	assert_wrong(ARGUMENTS(option, "true"), NOTHING, "--xxx");
}

/* The environment ------------------------------------------------------- */

static void
test_fini_variables(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_PDEATHSIG=KILL", "FINI_SUBREAPER=1",
		"FINI_VERBOSITY=3", "FINI_WARN_ON_REAP=yes",
		"FINI_KILL_PROCESS_GROUP=true", "FINI_REMAP_EXIT=143,130",
		"FINI_WAIT=on", "FINI_KILL_GRACE=1m", "FINI_CLIENT_GRACE=1ms",
		"FINI_CLIENT_KILL=2ms", "FINI_DRAIN=3ms",
		"FINI_SERVER_GRACE=4ms", "FINI_ABORT_WAIT=5ms",
		"FINI_REPORT=/r", "FINI_REPORT_FORMAT=json"));
	assert_int_equal(o.pdeath_signal, SIGKILL);
	assert_true(o.subreaper && o.warn_on_reap && o.group && o.wait);
	assert_int_equal(o.verbosity, 3);
	assert_true(o.remapped[143] && o.remapped[130]);
	assert_int_equal(o.kill_grace_ms, 60000);
	assert_int_equal(o.client_grace_ms, 1);
	assert_int_equal(o.client_kill_ms, 2);
	assert_int_equal(o.drain_ms, 3);
	assert_int_equal(o.server_grace_ms, 4);
	assert_int_equal(o.abort_wait_ms, 5);
	assert_string_equal(o.report, "/r");
	assert_int_equal(o.report_format, FORMAT_JSON);
}

static void
test_fini_flags_can_be_off(void **state)
{
	static char *const off[] = { "FINI_WAIT=0", "FINI_WAIT=no",
		"FINI_WAIT=false", "FINI_WAIT=off", "FINI_WAIT=NO" };
	static char *const on[] = { "FINI_WAIT=1", "FINI_WAIT=yes",
		"FINI_WAIT=true", "FINI_WAIT=on", "FINI_WAIT=True" };

	(void)state;
	for (size_t i = 0; i < COUNT(off); i++) {
		assert_runs(ARGUMENTS("true"), ENVIRONMENT(off[i]));
		assert_false(o.wait);
	}
	for (size_t i = 0; i < COUNT(on); i++) {
		assert_runs(ARGUMENTS("true"), ENVIRONMENT(on[i]));
		assert_true(o.wait);
	}
}

/* tini asks getenv() for them, and nothing of their value. */
static void
test_tini_flags_are_on_whenever_set(void **state)
{
	static char *const values[][2] = {
		{ "TINI_SUBREAPER=", "TINI_KILL_PROCESS_GROUP=" },
		{ "TINI_SUBREAPER=1", "TINI_KILL_PROCESS_GROUP=1" },
		{ "TINI_SUBREAPER=0", "TINI_KILL_PROCESS_GROUP=0" },
		{ "TINI_SUBREAPER=no", "TINI_KILL_PROCESS_GROUP=rubbish" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_runs(ARGUMENTS("true"),
		    ENVIRONMENT(values[i][0], values[i][1]));
		assert_true(o.subreaper);
		assert_true(o.group);
	}
}

static void
test_tini_verbosity(void **state)
{
	(void)state;
	for (int level = 0; level <= 4; level++) {
		char variable[40];

		snprintf(variable, sizeof(variable), "TINI_VERBOSITY=%d",
		    level);
		assert_runs(ARGUMENTS("true"), ENVIRONMENT(variable));
		assert_int_equal(o.verbosity, level);
	}
}

/* By atoi(3): no value is wrong. */
static void
test_tini_verbosity_is_any_text(void **state)
{
	static const struct {
		char variable[40];
		int level;
	} values[] = { { "TINI_VERBOSITY=5", 4 }, { "TINI_VERBOSITY=10", 4 },
		{ "TINI_VERBOSITY=99999999999999999999", 4 },
		{ "TINI_VERBOSITY=-1", 0 }, { "TINI_VERBOSITY= \t2", 2 },
		{ "TINI_VERBOSITY=+3", 3 }, { "TINI_VERBOSITY=3x", 3 },
		{ "TINI_VERBOSITY=002", 2 }, { "TINI_VERBOSITY=foo", 0 },
		{ "TINI_VERBOSITY=- 1", 0 }, { "TINI_VERBOSITY=", 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_runs(ARGUMENTS("true"),
		    ENVIRONMENT((char *)(uintptr_t)values[i].variable));
		assert_int_equal(o.verbosity, values[i].level);
	}
}

static void
test_rubbish_in_variables(void **state)
{
	static char *const wrong[] = { "FINI_CLIENT_GRACE=soon",
		"FINI_CLIENT_GRACE=-1s", "FINI_KILL_GRACE=1 s",
		"FINI_VERBOSITY=loud", "FINI_VERBOSITY=99", "FINI_SUBREAPER=2",
		"FINI_WAIT=maybe", "FINI_PDEATHSIG=x", "FINI_REMAP_EXIT=256",
		"FINI_REPORT_FORMAT=yaml" };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char name[40];

		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(wrong[i], "="), wrong[i]);
		assert_wrong(ARGUMENTS("true"), ENVIRONMENT(wrong[i]), name);
	}
}

/* Docker cannot take a variable out of an image: it can be made empty. */
static void
test_an_empty_variable_is_not_given(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_WAIT=", "FINI_CLIENT_GRACE=", "FINI_REPORT=",
		"FINI_KEEP=", "FINI_SERVER=", "FINI_VERBOSITY=", "FINI_GUARD=",
		"FINI_PDEATHSIG=", "FINI_DRAINS="));
	assert_false(o.wait);
	assert_int_equal(o.client_grace_ms, 2000);
	assert_null(o.report);
	assert_null(o.keep[0]);
	assert_null(o.server[0]);
	assert_int_equal(o.verbosity, LOG_WARNING);
	assert_int_equal(o.guard, GUARD_AUTO);
	assert_int_equal(o.pdeath_signal, 0);
}

static void
test_an_unknown_variable_is_warned_of(void **state)
{
	static char *const unknown[] = { "FINI_DRAINS=x", "FINI_DRAI=x",
		"FINI_drain=x", "FINI_=1", "FINI_HELP=1", "FINI_VERBOSE=2",
		"FINI_CLIENT-GRACE=1s" };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++) {
		char line[80];

		snprintf(line, sizeof(line),
		    "fini: unknown variable %.*s (see fini --help)\n",
		    (int)strcspn(unknown[i], "="), unknown[i]);
		assert_warned(ARGUMENTS("true"), ENVIRONMENT(unknown[i]), line);
	}
	assert_runs(ARGUMENTS("--verbosity=0", "true"),
	    ENVIRONMENT("FINI_DRAINS=x"));
}

/*
 * What Kubernetes sets beside a service that is called fini or fini-server,
 * and images beside TINI_VERSION.
 */
static void
test_variables_that_are_not_ours(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"),
	    ENVIRONMENT("FINI_PORT=tcp://10.0.0.1:80",
		"FINI_SERVICE_HOST=10.0.0.1", "FINI_SERVICE_PORT=80",
		"FINI_PORT_80_TCP=tcp://10.0.0.1:80",
		"FINI_PORT_80_TCP_ADDR=10.0.0.1", "FINI_SERVICE_PORT_HTTP=80",
		"FINI_SERVER_SERVICE_HOST=1",
		"FINI_SERVER_PORT=tcp://10.0.0.1:80",
		"FINI_SERVER_1_SERVICE_PORT=80", "FINI_", "FINI_DRAIN",
		"fini_drain=x", "XFINI_DRAIN=x", "FINI_VERSION=1.2.3",
		"TINI_VERSION=v0.19.0", "TINI_DRAIN=x", "TINI_WAIT=1",
		"TINI_PDEATHSIG=x", "", "=", "PATH=/bin"));
	assert_false(o.wait);
	assert_int_equal(o.drain_ms, 1000);
	assert_int_equal(o.verbosity, LOG_WARNING);
}

static void
test_the_command_line_wins(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("--client-grace=1s", "--report=/line",
			"--report-format=text", "--wait=no", "-pINT", "true"),
	    ENVIRONMENT("FINI_CLIENT_GRACE=9s", "FINI_REPORT=/environment",
		"FINI_REPORT_FORMAT=json", "FINI_WAIT=1",
		"FINI_PDEATHSIG=TERM"));
	assert_int_equal(o.client_grace_ms, 1000);
	assert_string_equal(o.report, "/line");
	assert_int_equal(o.report_format, FORMAT_TEXT);
	assert_false(o.wait);
	assert_int_equal(o.pdeath_signal, SIGINT);
}

static void
test_no_environment_at_all(void **state)
{
	(void)state;
	assert_runs(ARGUMENTS("true"), NULL);
}

/* Durations ------------------------------------------------------------- */

static void
test_duration(void **state)
{
	static const struct {
		const char *s;
		int ms;
	} cases[] = {
		{ "0", 0 },
		{ "0ms", 0 },
		{ "0h", 0 },
		{ "1", 1000 },
		{ "10", 10000 },
		{ "1ms", 1 },
		{ "300ms", 300 },
		{ "1s", 1000 },
		{ "1.5s", 1500 },
		{ "1.5", 1500 },
		{ "0.001", 1 },
		{ "0.05s", 50 },
		{ "0.0009s", 0 },
		{ "1.9999s", 1999 },
		{ "2m", 120000 },
		{ "0.5m", 30000 },
		{ "1.25h", 4500000 },
		{ "007s", 7000 },
		{ "24h", 86400000 },
		{ "1440m", 86400000 },
		{ "86400s", 86400000 },
		{ "86400", 86400000 },
		{ "86400000ms", 86400000 },
		{ "0.00000000000000000000000000000000001h", 0 },
		{ "1m30s", 90000 },
		{ "1h30m", 5400000 },
		{ "1h1m1s1ms", 3661001 },
		{ "1s500ms", 1500 },
		{ "0h5s", 5000 },
		{ "1.5m0.5s", 90500 },
		{ "23h59m60s", 86400000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int ms = -77;

		if (value_duration(cases[i].s, &ms) != 0)
			fail_msg("%s", cases[i].s);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void
test_no_duration(void **state)
{
	static const char *const cases[] = { "", " ", "s", "ms", ".", ".5",
		"1.", "1.s", "-1", "+1", " 1", "1 ", "1 s", "1S", "1MS", "1d",
		"1us", "1e3", "1,5", "1s ", "1ss", "1m30", "1m30m", "30s1m",
		"1ms1s", "1m 30s", "1m-30s", "1m.5s", "30s1", "24h1ms", "1mm",
		"1msm", "1hh", "1m1", "0x10", "x", "inf", "nan", "1..5",
		"1.5.5", "25h", "24.001h", "1441m", "86401", "86400001ms",
		"4294967296ms", "18446744073709551616",
		"99999999999999999999999999999999h", "1\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int ms = -77;

		if (value_duration(cases[i], &ms) != -1)
			fail_msg("%s is %d ms", cases[i], ms);
		assert_int_equal(ms, -77);
	}
}

static void
test_any_duration(void **state)
{
	static const char alphabet[] = "0123456789.msh 1e-";
	uint64_t seed = 4711;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char s[24];
		size_t length = random_next(&seed) % (sizeof(s) - 1);
		int ms = -77;

		for (size_t at = 0; at < length; at++)
			s[at] = alphabet[random_next(&seed) %
			    (sizeof(alphabet) - 1)];
		s[length] = '\0';
		if (value_duration(s, &ms) == 0)
			assert_in_range(ms, 0, 86400000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(
		    test_the_graces_together_stay_under_ten_seconds),
		cmocka_unit_test(test_options_end_at_the_first_operand),
		cmocka_unit_test(test_options_end_at_two_dashes),
		cmocka_unit_test(test_end_of_options_behind_main),
		cmocka_unit_test(test_a_single_dash_is_an_operand),
		cmocka_unit_test(test_an_empty_name_is_an_operand),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_clustered_letters),
		cmocka_unit_test(test_verbosity),
		cmocka_unit_test(test_long_forms),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_as_many_servers_as_there_may_be),
		cmocka_unit_test(test_servers_from_the_environment),
		cmocka_unit_test(test_an_empty_server_is_left_out),
		cmocka_unit_test(test_servers_that_would_be_missed),
		cmocka_unit_test(test_a_command_for_a_shell),
		cmocka_unit_test(test_the_end_of_servers),
		cmocka_unit_test(test_remapped_statuses),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_shows_nothing_that_is_unknown),
		cmocka_unit_test(test_help_fits_a_screen),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_license),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_a_wrong_value_names_the_right_form),
		cmocka_unit_test(test_values_that_are_missing),
		cmocka_unit_test(test_a_hostile_option_forges_no_line),
		cmocka_unit_test(test_a_long_option_is_shown_in_part),
		cmocka_unit_test(test_fini_variables),
		cmocka_unit_test(test_fini_flags_can_be_off),
		cmocka_unit_test(test_tini_flags_are_on_whenever_set),
		cmocka_unit_test(test_tini_verbosity),
		cmocka_unit_test(test_tini_verbosity_is_any_text),
		cmocka_unit_test(test_rubbish_in_variables),
		cmocka_unit_test(test_an_empty_variable_is_not_given),
		cmocka_unit_test(test_an_unknown_variable_is_warned_of),
		cmocka_unit_test(test_variables_that_are_not_ours),
		cmocka_unit_test(test_the_command_line_wins),
		cmocka_unit_test(test_no_environment_at_all),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_no_duration),
		cmocka_unit_test(test_any_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
