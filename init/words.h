/* A command line in one string, to words: without a shell. */
#ifndef FINI_WORDS_H
#define FINI_WORDS_H

#include <stddef.h>

#define WORDS_MOST 128
#define WORDS_BYTES 4096

struct words {
	char *argument[WORDS_MOST + 2]; /* [0] is kept free; then argv, NULL */
	char bytes[WORDS_BYTES];
};

/*
 * Splits at blanks, as sh(1) would: '...' keeps everything, "..." everything
 * but \" and \\, a backslash the next character. Nothing is expanded: no
 * variables, no patterns, no redirections. Returns argv (words->argument + 1),
 * or NULL: no word, too many or too long, a quote that does not end.
 */
char **words_split(struct words *words, const char *line);

/*
 * From where on a shell would act on `line`, and words_split() does not: an
 * operator that begins a word or a ";" that ends one, a variable, a command
 * to substitute. NULL: nowhere, or it runs a shell itself ("sh -c").
 */
const char *words_for_shell(const char *line);

#endif
