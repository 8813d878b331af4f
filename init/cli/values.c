#include "init/cli/values.h"

#include <stddef.h>
#include <string.h>

#include "src/base/duration.h"
#include "src/base/signals.h"
#include "src/base/text.h"

#define DAY_MS 86400000

int
value_duration(const char *s, int *ms)
{
	long long read;

	if (duration_read(s, DAY_MS, &read) < 0)
		return -1;
	*ms = (int)read;
	return 0;
}

static bool
is_word(const char *value, const char *word)
{
	const char *rest = text_after_word(value, word);

	return rest && !*rest;
}

int
value_flag(const char *value, bool *flag)
{
	static const char words[][6] = { "0", "no", "false", "off", "", "1",
		"yes", "true", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(value, words[i])) {
			*flag = i >= 4;
			return 0;
		}
	return -1;
}

int
value_statuses(const char *value, uint8_t *remapped)
{
	for (;; value++) {
		unsigned long long status;

		value = digits(value, 255, &status);
		if (!value || (*value && *value != ','))
			return -1;
		remapped[status] = 1;
		if (!*value)
			return 0;
	}
}

int
value_rewrites(const char *value, uint8_t *rewritten)
{
	for (;; value++) {
		size_t length = text_until(value, ','), colon;
		char pair[32];
		const char *to;
		int from, number;

		if (length >= sizeof(pair))
			return -1;
		memcpy(pair, value, length);
		pair[length] = '\0';
		colon = text_until(pair, ':');
		if (!pair[colon])
			return -1;
		pair[colon] = '\0';
		to = pair + colon + 1;
		from = signal_number(pair);
		number = strcmp(to, "0") == 0 ? 0 : signal_number(to);
		if (from < 0 || number < 0)
			return -1;
		rewritten[from] = (uint8_t)number;
		value += length;
		if (!*value)
			return 0;
	}
}

int
value_number(const char *value, int most, int *field)
{
	unsigned long long number;

	if (decimal(value, (unsigned)most, &number) < 0)
		return -1;
	*field = (int)number;
	return 0;
}

int
value_choice(const char *value, const char *words, int *choice)
{
	for (int i = 0;; i++) {
		const char *end = words + text_until(words, '|');

		if (text_after(words, value) == end) {
			*choice = i;
			return 0;
		}
		if (*end == '\0')
			return -1;
		words = end + 1;
	}
}

int
value_append(const char *value, int most, const char **words)
{
	for (int i = 0; *value && i < most; i++)
		if (!words[i]) {
			words[i] = value;
			return 0;
		}
	return -1;
}
