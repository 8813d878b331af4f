#include "src/base/gate.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/base/clock.h"

enum { CLOSED, AWAITED, OPEN };

/* The word is seen by two processes: no FUTEX_PRIVATE_FLAG (futex(2)). */
static long
futex(struct gate *g, int operation, int value, const struct timespec *most)
{
	return syscall(SYS_futex, &g->state, operation, value, most, NULL, 0);
}

void
gate_open(struct gate *g)
{
	if (__atomic_exchange_n(&g->state, OPEN, __ATOMIC_SEQ_CST) == AWAITED)
		(void)futex(g, FUTEX_WAKE, 1, NULL);
}

void
gate_await(struct gate *g, int most_ms)
{
	int was = CLOSED;
	long long deadline;

	if (!__atomic_compare_exchange_n(&g->state, &was, AWAITED, 0,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
	    was == OPEN)
		return;
	deadline = now_ms() + most_ms;
	while (__atomic_load_n(&g->state, __ATOMIC_SEQ_CST) != OPEN) {
		int left = ms_until(deadline);
		struct timespec most = { .tv_nsec = left * 1000000L };

		if (left == 0 ||
		    (futex(g, FUTEX_WAIT, AWAITED, &most) < 0 &&
			errno != EINTR && errno != EAGAIN))
			break;
	}
}
