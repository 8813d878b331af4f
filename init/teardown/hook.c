/* Between drain and servers: the drain that the kernel cannot see. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "init/spawn.h"
#include "init/teardown/phases.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/error.h"

#define NOT_EXECUTABLE 126 /* spawn_command()'s: no use to try again */
#define NOT_FOUND 127

/* True if there is no use in another run. */
static bool
run_once(struct teardown *td, long long deadline)
{
	struct view *v = td->view;
	pid_t pid = spawn_command(td->limits.before_servers, td->signals_before,
	    NULL, NULL, &v->log);
	int status;

	if (pid < 0) {
		log_line(&v->log, LOG_WARNING, "before-servers: %s: %s",
		    td->limits.before_servers, error_text(errno));
		return true;
	}
	status = child_wait(pid, deadline);
	if (status == CHILD_LATE)
		people_own(&v->people, pid);
	return status == CHILD_LATE || status == 0 ||
	    status == NOT_EXECUTABLE || status == NOT_FOUND;
}

void
teardown_before_servers(struct teardown *td)
{
	const struct limits *l = &td->limits;
	long long deadline = now_ms() + l->before_servers_ms;

	while (!run_once(td, deadline) && ms_until(deadline) > 0)
		teardown_pause(td, AGAIN_MS);
	if (ms_until(deadline) == 0)
		log_line(&td->view->log, LOG_WARNING,
		    "before-servers: '%s' did not exit with 0 within %d ms",
		    l->before_servers, l->before_servers_ms);
}
