#include "init/forward.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/supervise.h"
#include "src/clock.h"
#include "src/connection.h"
#include "src/log.h"
#include "src/population.h"
#include "src/report.h"
#include "src/signals.h"

bool
forward_is_stop(int number)
{
	return number == SIGTERM || number == SIGINT || number == SIGQUIT;
}

bool
forward_is_wanted(const struct signalfd_siginfo *s)
{
	return s->ssi_signo != SIGCHLD &&
	    !((int)s->ssi_pid == getpid() && s->ssi_code <= 0);
}

static int
send_value(pid_t pid, const struct signalfd_siginfo *s)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = (int)s->ssi_signo;
	info.si_code = SI_QUEUE;
	info.si_pid = (pid_t)s->ssi_pid;
	info.si_uid = s->ssi_uid;
	info.si_value.sival_ptr = (void *)(uintptr_t)s->ssi_ptr;
	return (int)syscall(SYS_rt_sigqueueinfo, pid, info.si_signo, &info);
}

struct group_signal {
	struct supervision *supervision;
	int number;
};

static enum visit
signal_member(pid_t pid, int pidfd, void *context)
{
	struct group_signal *g = context;

	if (getpgid(pid) == g->supervision->main &&
	    !registry_serves(g->supervision->registry, pid))
		(void)population_signal(g->supervision->population, pid, pidfd,
		    g->number);
	return VISIT_NEXT;
}

static bool
has_servers(const struct supervision *sv)
{
	for (int i = 0; i < SERVERS; i++) {
		pid_t pid = sv->registry->server[i].pid;

		if (pid != 0 && getpgid(pid) == sv->main &&
		    registry_serves(sv->registry, pid))
			return true;
	}
	return false;
}

/*
 * The group without its servers: they go last, and not by this signal. Most
 * have a group of their own; then nobody needs to be pinned.
 */
static void
signal_group(struct supervision *sv, int number)
{
	struct group_signal g = { sv, number };

	if (!has_servers(sv) ||
	    population_each(sv->population, signal_member, &g) < 0)
		(void)kill(-sv->main, number);
}

void
forward_to_main(struct supervision *sv, const struct signalfd_siginfo *s)
{
	int number = (int)s->ssi_signo, result = 0;
	const char *name = signal_name(number);

	sv->stopping |= forward_is_stop(number);
	if (sv->main == 0)
		return; /* it is not started yet */
	if (forward_is_stop(number) &&
	    registry_serves(sv->registry, sv->main)) {
		log_line(sv->log, LOG_INFO, "%s held back: main serves FUSE",
		    name);
		sv->held_back = number;
		sv->report->start_ms = now_ms();
		return;
	}
	if (sv->group)
		signal_group(sv, number);
	else if (s->ssi_code == SI_QUEUE)
		result = send_value(sv->main, s);
	else
		result = kill(sv->main, number);
	if (result < 0)
		log_line(sv->log, LOG_WARNING, "signal %d to main: %s", number,
		    strerror(errno));
	else
		log_line(sv->log, LOG_DEBUG, "%s (%d) to main",
		    name ? name : "signal", number);
}
