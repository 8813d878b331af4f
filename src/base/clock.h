/* Time as deadlines need it. */
#ifndef FINI_CLOCK_H
#define FINI_CLOCK_H

#include <limits.h>
#include <stdbool.h>

#define NEVER LLONG_MAX /* a deadline that does not come */

/* Milliseconds of CLOCK_MONOTONIC: does not jump, stands still in suspend. */
long long now_ms(void);

/* Hundredths of a second of CLOCK_BOOTTIME, as /proc/PID/stat counts. */
unsigned long long boot_hundredths(void);

/* Milliseconds until `deadline_ms`, at least 0: a timeout for poll(2). */
int ms_until(long long deadline_ms);

/* Has the deadline come? NEVER does not. */
bool is_due(long long deadline_ms);

long long earlier(long long a, long long b);

#endif
