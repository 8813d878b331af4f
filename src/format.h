/* Text in a fixed buffer: what stdio would do, without stdio or malloc. */
#ifndef FINI_FORMAT_H
#define FINI_FORMAT_H

#include <stdarg.h>
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
 * Reads a decimal number that fills the whole string: no sign, no blanks.
 * Returns 0, or -1 if it is not one or greater than `most`.
 */
int decimal(const char *s, unsigned long long most, unsigned long long *value);

#endif
