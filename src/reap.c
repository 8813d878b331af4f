#include "src/reap.h"

#include <errno.h>
#include <sys/wait.h>

int
reap_one(struct ending *ending)
{
	siginfo_t info;

	info.si_pid = 0; /* what WNOHANG leaves when none is dead */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0)
		return errno == ECHILD ? -1 : 0;
	if (info.si_pid == 0)
		return 0;
	ending->pid = info.si_pid;
	ending->signalled = info.si_code != CLD_EXITED;
	ending->code = info.si_status;
	return 1;
}

int
ending_status(const struct ending *ending)
{
	return ending->signalled ? 128 + ending->code : ending->code;
}
