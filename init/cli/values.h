/* Words of the command line and the environment, to values. */
#ifndef FINI_VALUES_H
#define FINI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* Each returns 0, or -1 where the word is not one of its kind. */

/*
 * "300ms", "1.5s", "2m", "1h", "1m30s"; a bare number is seconds. At most a
 * day. What is below a millisecond is cut off.
 */
int value_duration(const char *s, int *ms);

/* "", 1, yes, true, on; 0, no, false, off; in any case. */
int value_flag(const char *value, bool *flag);

/* "143" or "143,130": sets remapped[status], 256 of them, to 1. */
int value_statuses(const char *value, uint8_t *remapped);

/* "TERM:QUIT" or "TERM:QUIT,HUP:0": rewritten[15] becomes 3, rewritten[1] 0. */
int value_rewrites(const char *value, uint8_t *rewritten);

/* A decimal number from 0 to `most`. */
int value_number(const char *value, int most, int *number);

/* The index of the word among "one|two|three". */
int value_choice(const char *value, const char *words, int *choice);

/* Adds the word to a NULL-terminated array that has room for `most`. */
int value_append(const char *value, int most, const char **words);

#endif
