#include "init/values.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "src/format.h"

#define DAY_MS 86400000

int
value_duration(const char *s, int *ms)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = {
		{ "ms", 1 },
		{ "", 1000 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
	};
	unsigned long long thousandths = 0, digit = 100;
	const char *at = s;

	for (; *at >= '0' && *at <= '9' && thousandths <= DAY_MS * 1000ULL;
	     at++)
		thousandths =
		    thousandths * 10 + (unsigned)(*at - '0') * 1000ULL;
	if (at == s)
		return -1;
	if (*at == '.') {
		if (*++at < '0' || *at > '9')
			return -1;
		for (; *at >= '0' && *at <= '9'; at++, digit /= 10)
			thousandths += (unsigned)(*at - '0') * digit;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(at, units[i].unit) != 0)
			continue;
		thousandths *= units[i].ms;
		if (thousandths > DAY_MS * 1000ULL)
			return -1;
		*ms = (int)(thousandths / 1000);
		return 0;
	}
	return -1;
}

int
value_flag(const char *value, bool *flag)
{
	static const char *const yes[] = { "", "1", "yes", "true", "on" };
	static const char *const no[] = { "0", "no", "false", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(value, yes[i]) == 0) {
			*flag = true;
			return 0;
		}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0) {
			*flag = false;
			return 0;
		}
	return -1;
}

int
value_statuses(const char *value, uint8_t *remapped)
{
	for (;;) {
		char one[4] = "";
		size_t length = strcspn(value, ",");
		unsigned long long status;

		if (length >= sizeof(one))
			return -1;
		memcpy(one, value, length);
		if (decimal(one, 255, &status) < 0)
			return -1;
		remapped[status] = 1;
		if (value[length] == '\0')
			return 0;
		value += length + 1;
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
	size_t length = strlen(value);

	for (int i = 0;; i++) {
		size_t word = strcspn(words, "|");

		if (word == length && strncmp(words, value, word) == 0) {
			*choice = i;
			return 0;
		}
		if (words[word] == '\0')
			return -1;
		words += word + 1;
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
