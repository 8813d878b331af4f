#include "src/base/duration.h"

#include <string.h>

#include "src/base/text.h"

/* "90", "1.5": times 1000. Returns where it ends, or NULL. */
static const char *
read_number(const char *s, unsigned most, unsigned long long *thousandths)
{
	unsigned weight = 100;

	s = digits(s, most, thousandths);
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
	while (i >= 0 && !text_after(s, units[i].name))
		i--;
	return i < 0 ? UNITS : i;
}

int
duration_read(const char *s, unsigned most_ms, long long *ms)
{
	unsigned long long sum = 0, thousandths;
	int last = -1;

	do {
		int unit;

		s = read_number(s, most_ms, &thousandths);
		unit = s ? find_unit(s) : UNITS;
		/* 1m30: thirty of what? 30s1m: a slip. */
		if (unit == UNITS || unit <= last || (!*s && last >= 0))
			return -1;
		last = unit;
		sum += thousandths * units[unit].ms;
		if (sum > most_ms * 1000ULL)
			return -1;
		s += *s ? strlen(units[unit].name) : 0;
	} while (*s);
	*ms = (long long)(sum / 1000);
	return 0;
}
