/* Between drain and servers: the drain that the kernel cannot see. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include "src/child.h"
#include "src/clock.h"
#include "src/log.h"
#include "src/spawn.h"
#include "src/teardown_parts.h"

#define NOT_EXECUTABLE 126 /* spawn_command()'s: no use to try again */
#define NOT_FOUND 127
#define AGAIN_MS 200 /* between two runs of the command */

/* True if there is no use in another run. */
static bool
run_once(struct teardown *td, long long deadline)
{
	siginfo_t info;
	pid_t pid = spawn_command(td->before_servers, td->signals_before, NULL,
	    NULL, td->log);

	if (pid < 0) {
		log_line(td->log, LOG_WARNING, "before-servers: %s: %s",
		    td->before_servers, strerror(errno));
		return true;
	}
	if (!child_wait(pid, deadline, td->population, &info))
		return true;
	if (info.si_pid != pid || info.si_code != CLD_EXITED)
		return false;
	return info.si_status == 0 || info.si_status == NOT_EXECUTABLE ||
	    info.si_status == NOT_FOUND;
}

void
teardown_before_servers(struct teardown *td)
{
	long long deadline = now_ms() + td->before_servers_ms;

	while (!run_once(td, deadline) && ms_until(deadline) > 0)
		teardown_pause(td, AGAIN_MS);
	if (ms_until(deadline) == 0)
		log_line(td->log, LOG_WARNING,
		    "before-servers: '%s' did not exit with 0 within %d ms",
		    td->before_servers, td->before_servers_ms);
}
