#include "init/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/format.h"
#include "src/log.h"
#include "src/signals.h"

/*
 * The sum of the graces is what a teardown may take at most, and stays under
 * the ten seconds that docker stop gives (and Kubernetes' thirty).
 */
#define CLIENT_GRACE_MS 2000
#define CLIENT_KILL_MS 2000
#define DRAIN_MS 1000
#define SERVER_GRACE_MS 3000
#define ABORT_WAIT_MS 1000
#define SERVER_CHECK_MS 2000
#define DAY_MS 86400000

enum kind { FLAG, COUNT, NUMBER, SIGNAL, STATUSES, DURATION, FORMAT, TEXT };

struct option {
	char letter; /* 0: only the long form */
	bool tini;   /* TINI_NAME is read too */
	enum kind kind;
	size_t offset;	  /* of the field in struct options */
	const char *name; /* --name, and FINI_NAME */
	const char *argument;
	const char *help;
};

#define FIELD(name) offsetof(struct options, name)

static const struct option table[] = {
	{ 'p', false, SIGNAL, FIELD(pdeath_signal), "pdeathsig", "SIGNAL",
	    "get SIGNAL when our parent dies" },
	{ 's', true, FLAG, FIELD(subreaper), "subreaper", NULL,
	    "be a child subreaper (always done when not PID 1)" },
	{ 'v', false, COUNT, FIELD(verbosity), "verbose", NULL,
	    "say more; up to three times" },
	{ 0, true, NUMBER, FIELD(verbosity), "verbosity", "N",
	    "0 errors, 1 warnings (default), 2 events, 3 debug, 4 trace" },
	{ 'w', false, FLAG, FIELD(warn_on_reap), "warn-on-reap", NULL,
	    "warn when an orphan is reaped" },
	{ 'g', true, FLAG, FIELD(group), "kill-process-group", NULL,
	    "forward signals to main's process group" },
	{ 'e', false, STATUSES, FIELD(remapped), "remap-exit", "STATUS",
	    "exit with 0 when main exits with STATUS; repeatable" },
	{ 0, false, FLAG, FIELD(wait), "wait", NULL,
	    "after main's exit wait until everybody has exited; a stop\n"
	    "signal ends the wait" },
	{ 0, false, DURATION, FIELD(kill_grace_ms), "kill-grace", "DUR",
	    "without FUSE too: SIGTERM to everybody after main's exit,\n"
	    "SIGKILL after DUR (default: exit at once, as tini does)" },
	{ 0, false, DURATION, FIELD(client_grace_ms), "client-grace", "DUR",
	    "clients: SIGTERM to SIGKILL (2s)" },
	{ 0, false, DURATION, FIELD(client_kill_ms), "client-kill", "DUR",
	    "clients: SIGKILL to the abort of what they hang on (2s)" },
	{ 0, false, DURATION, FIELD(drain_ms), "drain", "DUR",
	    "at most so long for requests in flight (1s)" },
	{ 0, false, DURATION, FIELD(server_grace_ms), "server-grace", "DUR",
	    "all servers: unmount or SIGTERM to the abort (3s)" },
	{ 0, false, DURATION, FIELD(abort_wait_ms), "abort-wait", "DUR",
	    "abort and SIGKILL to our exit, at most (1s)" },
	{ 0, false, DURATION, FIELD(server_check_ms), "server-check", "DUR",
	    "look for servers stuck in their own exit so often (2s);\n"
	    "0 for never" },
	{ 0, false, TEXT, FIELD(report), "report", "FILE",
	    "write the teardown's timeline to FILE, - for stderr" },
	{ 0, false, FORMAT, FIELD(report_json), "report-format", "text|json",
	    "text (default) or JSON lines" },
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

static const char license[] =
#include "build/license.h"
    ;

static struct log wrong = { .fd = STDERR_FILENO, .verbosity = LOG_ERROR };

static void
print(const char *s)
{
	size_t length = strlen(s);

	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, s, length);

		if (n <= 0)
			return;
		s += n;
		length -= (size_t)n;
	}
}

static void
pad(struct text *line, size_t column)
{
	while (line->used < column)
		text_format(line, " ");
}

static void
print_option(char letter, const char *name, const char *argument,
    const char *help)
{
	char buffer[400];
	struct text line = text_over(buffer, sizeof(buffer));

	if (letter)
		text_format(&line, "  -%c, ", letter);
	else
		text_format(&line, "      ");
	text_format(&line, "--%s %s", name, argument ? argument : "");
	pad(&line, 32);
	for (; *help; help++) {
		text_format(&line, "%c", *help);
		if (*help == '\n') {
			print(buffer);
			line = text_over(buffer, sizeof(buffer));
			pad(&line, 32);
		}
	}
	text_format(&line, "\n");
	print(buffer);
}

static void
print_help(void)
{
	print("usage: fini [options] [--] program [argument ...]\n"
	      "A container's PID 1 that also ends what FUSE is served in.\n\n");
	for (size_t i = 0; i < OPTIONS; i++)
		print_option(table[i].letter, table[i].name, table[i].argument,
		    table[i].help);
	print_option('l', "license", NULL, "print the license");
	print_option('h', "help", NULL, "print this");
	print_option(0, "version", NULL, "print the version");
	print(
	    "\nDUR is a number with ms, s (default), m or h. Every option "
	    "with a long name\ncan be given as a variable: FINI_CLIENT_GRACE=5s"
	    ", FINI_KILL_PROCESS_GROUP=1;\ntini's TINI_SUBREAPER, "
	    "TINI_VERBOSITY and TINI_KILL_PROCESS_GROUP are read too.\n"
	    "See fini(8).\n");
}

int
duration_ms(const char *s, int *ms)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = {
		{ "ms", 1 },
		{ "", 1000 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
	};
	unsigned long long thousandths = 0, digit = 100;
	const char *at = s;

	for (; *at >= '0' && *at <= '9' && thousandths <= DAY_MS * 1000ULL;
	     at++)
		thousandths =
		    thousandths * 10 + (unsigned)(*at - '0') * 1000ULL;
	if (at == s)
		return -1;
	if (*at == '.') {
		if (*++at < '0' || *at > '9')
			return -1;
		for (; *at >= '0' && *at <= '9'; at++, digit /= 10)
			thousandths += (unsigned)(*at - '0') * digit;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(at, units[i].unit) != 0)
			continue;
		thousandths *= units[i].ms;
		if (thousandths > DAY_MS * 1000ULL)
			return -1;
		*ms = (int)(thousandths / 1000);
		return 0;
	}
	return -1;
}

static int
set_flag(const char *value, bool *flag)
{
	static const char *const yes[] = { "", "1", "yes", "true", "on" };
	static const char *const no[] = { "0", "no", "false", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(value, yes[i]) == 0) {
			*flag = true;
			return 0;
		}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0) {
			*flag = false;
			return 0;
		}
	return -1;
}

/* "143" or "143,130". */
static int
set_statuses(const char *value, uint8_t *remapped)
{
	for (;;) {
		char one[4] = "";
		size_t length = strcspn(value, ",");
		unsigned long long status;

		if (length >= sizeof(one))
			return -1;
		memcpy(one, value, length);
		if (decimal(one, 255, &status) < 0)
			return -1;
		remapped[status] = 1;
		if (value[length] == '\0')
			return 0;
		value += length + 1;
	}
}

static int
set_number(const char *value, int *field)
{
	unsigned long long number;

	if (decimal(value, LOG_TRACE, &number) < 0)
		return -1;
	*field = (int)number;
	return 0;
}

/* 0, or -1 if `value` is not one of the option's kind. */
static int
set(struct options *options, const struct option *option, const char *value)
{
	void *field = (char *)options + option->offset;

	switch (option->kind) {
	case FLAG:
		return set_flag(value, field);
	case COUNT:
		++*(int *)field;
		return 0;
	case NUMBER:
		return set_number(value, field);
	case SIGNAL:
		*(int *)field = signal_number(value);
		return *(int *)field > 0 ? 0 : -1;
	case STATUSES:
		return set_statuses(value, field);
	case DURATION:
		return duration_ms(value, field);
	case FORMAT:
		*(bool *)field = strcmp(value, "json") == 0;
		return *(bool *)field || strcmp(value, "text") == 0 ? 0 : -1;
	case TEXT:
		*(const char **)field = value;
		return *value ? 0 : -1;
	}
	return -1;
}

/* Is `variable` PREFIX_NAME=...? Its value, or NULL. */
static const char *
value_of(const char *variable, const char *prefix, const char *name)
{
	size_t length = strlen(prefix);

	if (strncmp(variable, prefix, length) != 0)
		return NULL;
	for (variable += length; *name; name++, variable++) {
		char c = *name == '-' ? '_' : *name;

		if (*variable != (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c))
			return NULL;
	}
	return *variable == '=' ? variable + 1 : NULL;
}

static int
read_variable(struct options *options, const char *variable)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &table[i];
		const char *value = NULL;

		if (o->tini)
			value = value_of(variable, "TINI_", o->name);
		if (value && o->kind == FLAG)
			value = "yes"; /* tini asks only whether it is set */
		if (!value)
			value = value_of(variable, "FINI_", o->name);
		if (!value || o->kind == COUNT)
			continue;
		if (set(options, o, value) < 0) {
			log_line(&wrong, LOG_ERROR,
			    "environment: wrong value: %s", variable);
			return -1;
		}
	}
	return 0;
}

static const struct option *
find_letter(char letter)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

static const struct option *
find_name(const char *name, size_t length)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strlen(table[i].name) == length &&
		    strncmp(table[i].name, name, length) == 0)
			return &table[i];
	return NULL;
}

static bool
takes_argument(const struct option *option)
{
	return option->kind != FLAG && option->kind != COUNT;
}

static enum options_result
usage_error(const char *what, const char *which)
{
	log_line(&wrong, LOG_ERROR, "%s: %s (fini --help shows the options)",
	    what, which);
	return OPTIONS_WRONG;
}

static enum options_result
apply(struct options *options, const struct option *option, const char *value,
    const char *shown)
{
	if (!value)
		return usage_error("option without its value", shown);
	if (set(options, option, value) < 0)
		return usage_error(shown, value[0] ? value : "empty value");
	return OPTIONS_RUN;
}

/* --name, --name=value, --name value. */
static enum options_result
read_long(struct options *options, char ***argv)
{
	const char *shown = **argv;
	size_t length = strcspn(shown + 2, "=");
	const char *value = shown[2 + length] ? shown + 3 + length : NULL;
	const struct option *option = find_name(shown + 2, length);

	if (strcmp(shown, "--help") == 0)
		print_help();
	else if (strcmp(shown, "--version") == 0)
		print("fini version " FINI_VERSION " - git." FINI_COMMIT "\n");
	else if (strcmp(shown, "--license") == 0)
		print(license);
	else if (!option)
		return usage_error("unknown option", shown);
	else if (takes_argument(option))
		return apply(options, option, value ? value : *++*argv, shown);
	else
		return apply(options, option, value ? value : "", shown);
	return OPTIONS_DONE;
}

/* -v, -vvv, -gp TERM, -pTERM. */
static enum options_result
read_letters(struct options *options, char ***argv)
{
	const char *letter = **argv + 1;

	for (; *letter; letter++) {
		const struct option *option = find_letter(*letter);
		char shown[3] = { '-', *letter, '\0' };
		const char *value = "";

		if (*letter == 'h' || *letter == 'l') {
			if (*letter == 'h')
				print_help();
			else
				print(license);
			return OPTIONS_DONE;
		}
		if (!option)
			return usage_error("unknown option", shown);
		if (takes_argument(option))
			value = letter[1] ? letter + 1 : *++*argv;
		if (apply(options, option, value, shown) != OPTIONS_RUN)
			return OPTIONS_WRONG;
		if (takes_argument(option))
			break;
	}
	return OPTIONS_RUN;
}

enum options_result
options_read(struct options *options, char **argv, char **environment)
{
	*options = (struct options){
		.verbosity = LOG_WARNING,
		.kill_grace_ms = -1,
		.server_check_ms = SERVER_CHECK_MS,
		.client_grace_ms = CLIENT_GRACE_MS,
		.client_kill_ms = CLIENT_KILL_MS,
		.drain_ms = DRAIN_MS,
		.server_grace_ms = SERVER_GRACE_MS,
		.abort_wait_ms = ABORT_WAIT_MS,
	};
	for (; environment && *environment; environment++)
		if (read_variable(options, *environment) < 0)
			return OPTIONS_WRONG;
	for (argv++; *argv && (*argv)[0] == '-' && (*argv)[1]; argv++) {
		enum options_result result;

		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		result = (*argv)[1] == '-' ? read_long(options, &argv) :
					     read_letters(options, &argv);
		if (result != OPTIONS_RUN)
			return result;
	}
	if (!*argv)
		return usage_error("no program given",
		    "fini [options] -- "
		    "program [argument ...]");
	options->main = argv;
	return OPTIONS_RUN;
}
