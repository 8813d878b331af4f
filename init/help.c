#include "init/help.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/option_table.h"
#include "src/format.h"

#define HELP_COLUMN 32

static const char license[] =
#include "build/license.h"
    ;

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
	do
		text_format(line, " ");
	while (line->used < column);
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
	pad(&line, HELP_COLUMN);
	for (; *help; help++) {
		text_format(&line, "%c", *help);
		if (*help == '\n') {
			print(buffer);
			line = text_over(buffer, sizeof(buffer));
			pad(&line, HELP_COLUMN);
		}
	}
	text_format(&line, "\n");
	print(buffer);
}

void
help_print(void)
{
	print("usage: fini [options] [--] program [argument ...]\n"
	      "A container's PID 1 that also ends what FUSE is served in.\n\n");
	for (size_t i = 0; i < option_count; i++)
		print_option(option_table[i].letter, option_table[i].name,
		    option_table[i].argument, option_table[i].help);
	print_option(0, "check[=json]", NULL,
	    "say what would be covered here, and which flag buys the\n"
	    "rest; exit with 0 all, 1 partly, 2 nothing");
	print_option('l', "license", NULL, "print the license");
	print_option('h', "help", NULL, "print this");
	print_option(0, "version", NULL, "print the version");
	print("\nDUR is a number with ms, s (default), m or h. What an option "
	      "sets, a variable\ncan set: FINI_CLIENT_GRACE=5s, "
	      "FINI_KILL_PROCESS_GROUP=1, FINI_VERBOSITY=2 for -v.\n"
	      "tini's TINI_SUBREAPER, TINI_VERBOSITY and "
	      "TINI_KILL_PROCESS_GROUP are read too.\nSee fini(8).\n");
}

/* In tini's form: engines look for the number and the commit. */
void
help_print_version(void)
{
	print("fini version " FINI_VERSION " - git." FINI_COMMIT "\n");
}

void
help_print_license(void)
{
	print(license);
}
