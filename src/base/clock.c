#include "src/base/clock.h"

#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "src/base/syscalls.h"

/*
 * By system call, as nobody asks often: to find the vdso's, musl would parse
 * ELF here, which is 2 KB.
 */
long long
now_ms(void)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

unsigned long long
boot_hundredths(void)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
	return (unsigned long long)now.tv_sec * 100 +
	    (unsigned long long)now.tv_nsec / 10000000;
}

int
ms_until(long long deadline_ms)
{
	long long left = deadline_ms - now_ms();

	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool
is_due(long long deadline_ms)
{
	return deadline_ms != NEVER && ms_until(deadline_ms) == 0;
}

long long
earlier(long long a, long long b)
{
	return a < b ? a : b;
}
