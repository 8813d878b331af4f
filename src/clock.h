/* Time as deadlines need it. */
#ifndef FINI_CLOCK_H
#define FINI_CLOCK_H

#include <limits.h>

#define NEVER LLONG_MAX /* a deadline that does not come */

/* Milliseconds of CLOCK_MONOTONIC: does not jump, stands still in suspend. */
long long now_ms(void);

/* Milliseconds until `deadline_ms`, at least 0: a timeout for poll(2). */
int ms_until(long long deadline_ms);

#endif
