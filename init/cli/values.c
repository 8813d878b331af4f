#include "init/cli/values.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "src/base/signals.h"
#include "src/base/text.h"

#define DAY_MS 86400000

/* "90", "1.5": times 1000. Returns where it ends, or NULL. */
static const char *
read_number(const char *s, unsigned long long *thousandths)
{
	unsigned weight = 100;

	s = digits(s, DAY_MS, thousandths);
	if (!s)
		return NULL;
	*thousandths *= 1000;
	if (*s != '.')
		return s;
	if (*++s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++, weight /= 10)
		*thousandths += (unsigned)(*s - '0') * weight;
	return s;
}

/* From the greatest to the smallest; "ms" is looked for before "m". */
static const struct {
	char name[3];
	unsigned ms;
} units[] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
#define UNITS (int)(sizeof(units) / sizeof(units[0]))

/* The unit that `s` begins with; seconds at its end; UNITS: none. */
static int
find_unit(const char *s)
{
	int i = UNITS - 1;

	if (!*s)
		return 2;
	while (i >= 0 && strncmp(s, units[i].name, strlen(units[i].name)) != 0)
		i--;
	return i < 0 ? UNITS : i;
}

int
value_duration(const char *s, int *ms)
{
	unsigned long long sum = 0, thousandths;
	int last = -1;

	do {
		int unit;

		s = read_number(s, &thousandths);
		unit = s ? find_unit(s) : UNITS;
		/* 1m30: thirty of what? 30s1m: a slip. */
		if (unit == UNITS || unit <= last || (!*s && last >= 0))
			return -1;
		last = unit;
		sum += thousandths * units[unit].ms;
		if (sum > DAY_MS * 1000ULL)
			return -1;
		s += *s ? strlen(units[unit].name) : 0;
	} while (*s);
	*ms = (int)(sum / 1000);
	return 0;
}

int
value_flag(const char *value, bool *flag)
{
	static const char words[][6] = { "0", "no", "false", "off", "", "1",
		"yes", "true", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(value, words[i], sizeof(words[i])) == 0) {
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
		size_t length = strcspn(value, ",");
		char pair[32], *to = pair;
		int from, number;

		if (length >= sizeof(pair))
			return -1;
		memcpy(pair, value, length);
		pair[length] = '\0';
		strsep(&to, ":");
		from = signal_number(pair);
		number = !to || strcmp(to, "0") == 0 ? 0 : signal_number(to);
		if (!to || from < 0 || number < 0)
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
