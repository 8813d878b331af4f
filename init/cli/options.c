#include "init/cli/options.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/cli/values.h"
#include "src/base/log.h"
#include "src/base/signals.h"
#include "src/base/text.h"

static int
wrong(const char *what, const char *which)
{
	struct log log = { .fd = STDERR_FILENO, .verbosity = LOG_ERROR };

	log_line(&log, LOG_ERROR, "%s: %s (see fini --help)", what, which);
	return -1;
}

/* What is right for each kind, in the order of enum option_kind. */
static const char forms[] =
    "yes or no\0"
    "no value\0"
    "a number from 0 to 4\0"
    "a signal, such as TERM, 15 or RTMIN+1\0"
    "statuses from 0 to 255, such as 143 or 130,143\0"
    "a signal and what main gets for it, such as TERM:QUIT or HUP:0\0"
    "a duration of at most a day, such as 500ms, 5s, 1m30s or 2h\0"
    "stop|ignore|restart\0"
    "auto|always|never\0"
    "text|json\0"
    "a text that is not empty\0"
    "a text that is not empty, and no more of them than fini(8) says";

/* Of a variable or a long option: what is before the "=". */
static const char *
name_of(const char *named, char *buffer, size_t size)
{
	struct text name = text_over(buffer, size);

	for (; *named && *named != '='; named++)
		text_format(&name, "%c", *named);
	return buffer;
}

static int
wrong_value(const struct option *option, const char *named, const char *value)
{
	struct log log = { .fd = STDERR_FILENO, .verbosity = LOG_ERROR };
	const char *form = text_nth(forms, option->kind);
	char name[64];

	(void)name_of(named, name, sizeof(name));
	if (value)
		log_line(&log, LOG_ERROR, "%s: '%s' is wrong: give %s", name,
		    value, form);
	else
		log_line(&log, LOG_ERROR, "%s: its value is missing: give %s",
		    name, form);
	return -1;
}

/* 0, or -1 if `value` is not one of the option's kind. */
static int
set(struct options *options, const struct option *option, const char *value)
{
	void *field = (char *)options + option->offset;

	switch ((enum option_kind)option->kind) {
	case OPTION_FLAG:
		return value_flag(value, field);
	case OPTION_COUNT:
		++*(int *)field;
		return *value ? -1 : 0;
	case OPTION_NUMBER:
		return value_number(value, option->number, field);
	case OPTION_SIGNAL:
		*(int *)field = signal_number(value);
		return *(int *)field > 0 ? 0 : -1;
	case OPTION_STATUSES:
		return value_statuses(value, field);
	case OPTION_REWRITES:
		return value_rewrites(value, field);
	case OPTION_DURATION:
		return value_duration(value, field);
	case OPTION_EXIT:
	case OPTION_GUARD:
	case OPTION_FORMAT:
		return value_choice(value, text_nth(forms, option->kind),
		    field);
	case OPTION_TEXT:
		*(const char **)field = value;
		return *value ? 0 : -1;
	case OPTION_TEXTS:
		return value_append(value, option->number, field);
	case OPTION_END:
		break;
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
find_letter(const struct option *table, char letter)
{
	for (; table->name[0]; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static const struct option *
find_name(const struct option *table, const char *name, size_t length)
{
	for (; table->name[0]; table++)
		if (strlen(table->name) == length &&
		    strncmp(table->name, name, length) == 0)
			return table;
	return NULL;
}

const struct option *
option_of(const struct option *o, const char *variable, const char **value)
{
	for (; o->name[0]; o++) {
		if (o->kind == OPTION_COUNT || o->kind == OPTION_END)
			continue;
		*value = o->tini ? value_of(variable, "TINI_", o->name) : NULL;
		if (*value && o->kind == OPTION_FLAG)
			*value = "yes"; /* tini asks only whether it is set */
		if (!*value)
			*value = value_of(variable, "FINI_", o->name);
		if (*value)
			return o;
	}
	return NULL;
}

const char *
numbered_server(const char *variable, unsigned long long *number)
{
	if (strncmp(variable, "FINI_SERVER_", 12) != 0)
		return NULL;
	variable = digits(variable + 12, UINT_MAX, number);
	return variable && *variable == '=' ? variable + 1 : NULL;
}

/* An empty one says nothing: docker cannot take a variable out of an image. */
static int
read_variable(struct options *options, const struct option *table,
    const char *variable, const char **servers)
{
	unsigned long long number;
	const char *value = numbered_server(variable, &number);
	const struct option *o;
	char name[64];

	if (value) {
		/* FINI_SERVER_01 may not take the place of FINI_SERVER_1. */
		if (number < 1 || number > SERVERS_DECLARED ||
		    variable[12] == '0')
			return wrong("servers are numbered from 1 to 32",
			    name_of(variable, name, sizeof(name)));
		servers[number - 1] = value;
		return 0;
	}
	o = option_of(table, variable, &value);
	if (o && *value && set(options, o, value) < 0)
		return wrong_value(o, variable, value);
	return 0;
}

/* A gap is refused: who miscounts would miss a server. An empty one is none. */
static int
declare_numbered(struct options *options, const struct option *server,
    const char *const *servers)
{
	char name[32];
	struct text missing = text_over(name, sizeof(name));

	for (int i = 0; i < SERVERS_DECLARED; i++) {
		if (!servers[i] && missing.used == 0)
			text_format(&missing, "FINI_SERVER_%d", i + 1);
		else if (servers[i] && missing.used != 0)
			return wrong("servers are numbered without a gap: "
				     "missing",
			    name);
		else if (servers[i] && *servers[i] &&
		    set(options, server, servers[i]) < 0)
			return wrong_value(server, "FINI_SERVER_n", servers[i]);
	}
	return 0;
}

static int
read_environment(struct options *options, const struct option *table,
    char **environment)
{
	const struct option *server = find_name(table, "server", 6);
	const char *servers[SERVERS_DECLARED] = { 0 };

	for (char **v = environment; *v; v++)
		if (read_variable(options, table, *v, servers) < 0)
			return -1;
	return server ? declare_numbered(options, server, servers) : 0;
}

static bool
takes_argument(const struct option *option)
{
	return option->kind != OPTION_FLAG && option->kind != OPTION_COUNT;
}

static int
apply(struct options *options, const struct option *option, const char *value,
    const char *shown)
{
	if (!value || set(options, option, value) < 0)
		return wrong_value(option, shown, value);
	return 0;
}

/* --name, --name=value, --name value. */
static int
read_long(struct options *options, const struct option *table, char ***argv)
{
	const char *shown = **argv, *name = shown + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct option *option = find_name(table, name, strlen(name));

	if (option && option->kind == OPTION_END)
		return option->number;
	option = find_name(table, name, length);
	if (!option || option->kind == OPTION_END)
		return wrong("unknown option", shown);
	if (!value)
		value = takes_argument(option) ? *++*argv : "";
	return apply(options, option, value, shown);
}

/* -v, -vvv, -gp TERM, -pTERM. */
static int
read_letters(struct options *options, const struct option *table, char ***argv)
{
	for (const char *letter = **argv + 1; *letter; letter++) {
		const struct option *option = find_letter(table, *letter);
		char shown[3] = { '-', *letter, '\0' };

		if (!option)
			return wrong("unknown option", shown);
		if (option->kind == OPTION_END)
			return option->number;
		if (takes_argument(option))
			return apply(options, option,
			    letter[1] ? letter + 1 : *++*argv, shown);
		if (apply(options, option, "", shown) < 0)
			return -1;
	}
	return 0;
}

int
options_read(struct options *options, const struct option *table, char **argv,
    char **environment)
{
	if (environment && read_environment(options, table, environment) < 0)
		return -1;
	for (argv++; *argv && (*argv)[0] == '-' && (*argv)[1]; argv++) {
		int result;

		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		result = (*argv)[1] == '-' ?
		    read_long(options, table, &argv) :
		    read_letters(options, table, &argv);
		if (result != 0)
			return result;
	}
	if (!*argv)
		return wrong("no program given",
		    "fini [options] -- program [argument ...]");
	options->main = argv;
	return 0;
}
