#include "src/base/text.h"

#include <string.h>

struct text
text_over(char *start, size_t size)
{
	start[0] = '\0';
	return (struct text){ .start = start, .size = size };
}

static void
put(struct text *t, char c)
{
	if (t->used + 1 >= t->size)
		return;
	t->start[t->used++] = c;
	t->start[t->used] = '\0';
}

static void
put_string(struct text *t, const char *s)
{
	for (s = s ? s : "(null)"; *s; s++)
		put(t, *s);
}

static void
put_number(struct text *t, unsigned long long n)
{
	char reversed[20];
	size_t i = 0;

	do
		reversed[i++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (i > 0)
		put(t, reversed[--i]);
}

static void
put_signed(struct text *t, int n)
{
	if (n < 0)
		put(t, '-');
	put_number(t,
	    n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n);
}

void
text_vformat(struct text *t, const char *format, va_list arguments)
{
	for (; *format; format++) {
		if (*format != '%') {
			put(t, *format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_string(t, va_arg(arguments, const char *));
			break;
		case 'c':
			put(t, (char)va_arg(arguments, int));
			break;
		case 'd':
			put_signed(t, va_arg(arguments, int));
			break;
		case 'u':
			put_number(t, va_arg(arguments, unsigned int));
			break;
		case 'l': /* only as %llu */
			put_number(t, va_arg(arguments, unsigned long long));
			format += 2;
			break;
		default:
			put(t, *format);
			break;
		}
	}
}

void
text_format(struct text *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vformat(t, format, arguments);
	va_end(arguments);
}

const char *
text_nth(const char *strings, int n)
{
	for (; n > 0; n--)
		strings += strlen(strings) + 1;
	return strings;
}

const char *
text_after(const char *s, const char *part)
{
	for (; *part; s++, part++)
		if (*s != *part)
			return NULL;
	return s;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const char *
text_after_word(const char *s, const char *word)
{
	for (; *word; s++, word++)
		if (lower(*s) != lower(*word))
			return NULL;
	return s;
}

const char *
text_find(const char *s, const char *part)
{
	for (; *s; s++)
		if (text_after(s, part))
			return s;
	return NULL;
}

size_t
text_until(const char *s, char c)
{
	size_t length = 0;

	while (s[length] && s[length] != c)
		length++;
	return length;
}

bool
text_has(const char *s, char c)
{
	return s[text_until(s, c)] != '\0';
}

const char *
digits(const char *s, unsigned long long most, unsigned long long *value)
{
	const char *at = s;
	unsigned long long n = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > most || n > (most - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	if (at == s)
		return NULL;
	*value = n;
	return at;
}

int
decimal(const char *s, unsigned long long most, unsigned long long *value)
{
	unsigned long long n;
	const char *end = digits(s, most, &n);

	if (!end || *end)
		return -1;
	*value = n;
	return 0;
}
