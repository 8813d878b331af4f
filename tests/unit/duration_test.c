/* Times on a command line. */
#include "tests/unit/unit.h"

#include "src/base/duration.h"

#define MONTH_MS (30 * 86400000U)

static void
test_durations(void **state)
{
	static const struct {
		const char *text;
		long long ms;
	} rows[] = {
		{ "500ms", 500 },
		{ "0s", 0 },
		{ "10", 10000 },
		{ "1.5s", 1500 },
		{ "0.3", 300 },
		{ "1m30s", 90000 },
		{ "2h1m3s4ms", 7263004 },
		{ "1h5ms", 3600005 },
		{ "720h", 2592000000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		long long ms = -1;

		if (duration_read(rows[i].text, MONTH_MS, &ms) < 0 ||
		    ms != rows[i].ms)
			fail_msg("%s: %lld", rows[i].text, ms);
	}
}

static void
test_what_is_none(void **state)
{
	static const char *const rows[] = { "", "s", "soon", "-1s", "1m30",
		"30s1m", "1s1s", "1e3s", "1.s", ".5s", "10 s", "10S", "1d",
		"721h", "720h1ms", "99999999999999999999s", "nan", "1ms2" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		long long ms = -1;

		if (duration_read(rows[i], MONTH_MS, &ms) == 0 || ms != -1)
			fail_msg("%s: %lld", rows[i], ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
