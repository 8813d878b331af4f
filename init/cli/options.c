#include "init/cli/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/cli/values.h"
#include "src/base/log.h"
#include "src/base/signals.h"
#include "src/base/text.h"

int
option_wrong(const char *what, const char *which)
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

const char *
option_name(const char *named, char *buffer, size_t size)
{
	struct text name = text_over(buffer, size);

	for (; *named && *named != '='; named++)
		text_format(&name, "%c", *named);
	return buffer;
}

int
option_wrong_value(const struct option *option, const char *named,
    const char *value)
{
	struct log log = { .fd = STDERR_FILENO, .verbosity = LOG_ERROR };
	const char *form = text_nth(forms, option->kind);
	char name[64];

	(void)option_name(named, name, sizeof(name));
	if (value)
		log_line(&log, LOG_ERROR, "%s: '%s' is wrong: give %s", name,
		    value, form);
	else
		log_line(&log, LOG_ERROR, "%s: its value is missing: give %s",
		    name, form);
	return -1;
}

int
option_set(struct options *options, const struct option *option,
    const char *value)
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

static const struct option *
find_letter(const struct option *table, char letter)
{
	for (; table->name[0]; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

const struct option *
option_find(const struct option *table, const char *name, size_t length)
{
	for (; table->name[0]; table++)
		if (text_after(name, table->name) == name + length)
			return table;
	return NULL;
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
	if (!value || option_set(options, option, value) < 0)
		return option_wrong_value(option, shown, value);
	return 0;
}

/* --name, --name=value, --name value. */
static int
read_long(struct options *options, const struct option *table, char ***argv)
{
	const char *shown = **argv, *name = shown + 2;
	size_t length = text_until(name, '=');
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct option *option = option_find(table, name, strlen(name));

	if (option && option->kind == OPTION_END)
		return option->number;
	option = option_find(table, name, length);
	if (!option || option->kind == OPTION_END)
		return option_wrong("unknown option", shown);
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
			return option_wrong("unknown option", shown);
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

/*
 * tini's getopt(3) permutes: the first "--" ends tini's options behind main's name,
 * too, and does not come to main. Where a word before looks like an option, tini
 * would take it for its own.
 */
static void
drop_end_of_options(char **word)
{
	for (; *word && strcmp(*word, "--") != 0; word++)
		if ((*word)[0] == '-' && (*word)[1])
			return;
	for (; *word; word++)
		word[0] = word[1];
}

int
options_read(struct options *options, const struct option *table, char **argv)
{
	bool ended = false;

	for (argv++; !ended && *argv && (*argv)[0] == '-' && (*argv)[1];
	     argv++) {
		int result;

		ended = strcmp(*argv, "--") == 0;
		if (ended)
			continue;
		result = (*argv)[1] == '-' ?
		    read_long(options, table, &argv) :
		    read_letters(options, table, &argv);
		if (result != 0)
			return result;
	}
	if (!*argv)
		return option_wrong("no program given",
		    "fini [options] -- program [argument ...]");
	if (!ended)
		drop_end_of_options(argv);
	options->main = argv;
	return 0;
}
