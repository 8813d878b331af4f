#include "init/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/help.h"
#include "init/option_table.h"
#include "init/values.h"
#include "src/format.h"
#include "src/log.h"
#include "src/signals.h"

static void
complain(const char *what, const char *which)
{
	struct log log = { .fd = STDERR_FILENO, .verbosity = LOG_ERROR };

	log_line(&log, LOG_ERROR, "%s: %s (see fini --help)", what, which);
}

/* 0, or -1 if `value` is not one of the option's kind. */
static int
set(struct options *options, const struct option *option, const char *value)
{
	void *field = (char *)options + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		return value_flag(value, field);
	case OPTION_COUNT:
		++*(int *)field;
		return *value ? -1 : 0;
	case OPTION_NUMBER:
		return value_number(value, LOG_TRACE, field);
	case OPTION_SIGNAL:
		*(int *)field = signal_number(value);
		return *(int *)field > 0 ? 0 : -1;
	case OPTION_STATUSES:
		return value_statuses(value, field);
	case OPTION_DURATION:
		return value_duration(value, field);
	case OPTION_CHOICE:
		return value_choice(value, option->argument, field);
	case OPTION_TEXTS:
		return value_append(value, option->most, field);
	case OPTION_TEXT:
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

static const struct option *
find_letter(char letter)
{
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].letter == letter)
			return &option_table[i];
	return NULL;
}

static const struct option *
find_name(const char *name, size_t length)
{
	for (size_t i = 0; i < option_count; i++)
		if (strlen(option_table[i].name) == length &&
		    strncmp(option_table[i].name, name, length) == 0)
			return &option_table[i];
	return NULL;
}

/* FINI_SERVER_1, FINI_SERVER_2 and on, as far as there is no gap. */
static int
read_numbered(struct options *options, char **environment)
{
	const struct option *server = find_name("server", 6);

	for (unsigned i = 1;; i++) {
		char name[32];
		struct text t = text_over(name, sizeof(name));
		const char *value = NULL;

		text_format(&t, "server-%u", i);
		for (char **v = environment; *v && !value; v++)
			value = value_of(*v, "FINI_", name);
		if (!value)
			return 0;
		if (set(options, server, value) < 0) {
			t = text_over(name, sizeof(name));
			text_format(&t, "FINI_SERVER_%u=%s", i, value);
			complain("wrong value in the environment", name);
			return -1;
		}
	}
}

static int
read_variable(struct options *options, const char *variable)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const char *value = NULL;

		if (o->tini)
			value = value_of(variable, "TINI_", o->name);
		if (value && o->kind == OPTION_FLAG)
			value = "yes"; /* tini asks only whether it is set */
		if (!value)
			value = value_of(variable, "FINI_", o->name);
		if (!value || o->kind == OPTION_COUNT)
			continue;
		if (set(options, o, value) < 0) {
			complain("wrong value in the environment", variable);
			return -1;
		}
	}
	return 0;
}

static bool
takes_argument(const struct option *option)
{
	return option->kind != OPTION_FLAG && option->kind != OPTION_COUNT;
}

static enum options_result
usage_error(const char *what, const char *which)
{
	complain(what, which);
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

	if (strcmp(shown, "--check") == 0)
		return OPTIONS_CHECK;
	if (strcmp(shown, "--check=json") == 0)
		return OPTIONS_CHECK_JSON;
	if (strcmp(shown, "--help") == 0)
		help_print();
	else if (strcmp(shown, "--version") == 0)
		help_print_version();
	else if (strcmp(shown, "--license") == 0)
		help_print_license();
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
				help_print();
			else
				help_print_license();
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
	*options = option_defaults;
	for (char **v = environment; v && *v; v++)
		if (read_variable(options, *v) < 0)
			return OPTIONS_WRONG;
	if (environment && read_numbered(options, environment) < 0)
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
