/*
 * Text in a fixed buffer, and numbers out of text: what stdio and strtoull(3)
 * would do, without malloc, errno or a locale.
 */
#ifndef FINI_TEXT_H
#define FINI_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *start;
	size_t size; /* bytes at start; the last is kept for the NUL */
	size_t used; /* bytes written, without the NUL */
};

/* An empty text over `size` (> 0) bytes at `start`. */
struct text text_over(char *start, size_t size);

/*
 * Appends by a subset of printf(3): %s %c %d %u %llu %%, no widths.
 * What does not fit is cut off; the result is always NUL-terminated.
 */
void text_format(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_vformat(struct text *t, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/*
 * The nth of strings that lie one after the other, each with its NUL: a table
 * without pointers, of which each would be 8 bytes, and 24 to relocate it in a
 * static PIE.
 */
const char *text_nth(const char *strings, int n);

/* What is behind `part`, if `s` begins with it, or NULL. */
const char *text_after(const char *s, const char *part);

/* The same for a word in letters of either case. */
const char *text_after_word(const char *s, const char *word);

/* Where `part` is first in `s`, or NULL. (musl's strstr(3) takes 1.5 KB.) */
const char *text_find(const char *s, const char *part);

/*
 * How many bytes of `s` are before the first `c`, or before its end. (musl's
 * strcspn(3), which strsep(3) calls, and strchr(3) take 700 bytes.)
 */
size_t text_until(const char *s, char c);

/* Is `c`, which is not NUL, in `s`? */
bool text_has(const char *s, char c);

/*
 * Reads the decimal number that `s` begins with: no sign, no blanks. Returns
 * where it ends, or NULL, with *value as it was, if there is no digit or the
 * number is greater than `most`.
 */
const char *digits(const char *s, unsigned long long most,
    unsigned long long *value);

/* The same for a number that fills the whole string: 0, or -1. */
int decimal(const char *s, unsigned long long most, unsigned long long *value);

#endif
