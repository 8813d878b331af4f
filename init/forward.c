#include "init/forward.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/init.h"
#include "init/limits.h"
#include "src/base/clock.h"
#include "src/base/error.h"

static bool
stops(const struct options *o, int number)
{
	int gets = o->rewritten[number];

	return gets != 0 &&
	    (number == SIGTERM || number == o->stop_signal || gets == SIGTERM ||
		gets == o->stop_signal);
}

bool
signal_ends(const struct options *o, int number)
{
	int gets = o->rewritten[number];

	return stops(o, number) ||
	    (gets != 0 && (signal_stops(number) || signal_stops(gets)));
}

int
main_stop_signal(const struct options *o)
{
	int gets = o->rewritten[o->stop_signal];

	return gets != 0 ? gets : o->stop_signal;
}

bool
main_is_stopping(const struct life *life)
{
	return !is_due(life->stopping_until);
}

/* A later signal never makes it shorter. */
static void
note_stop(struct init *init, int number)
{
	struct life *life = &init->life;
	long long until = now_ms() +
	    (stops(&init->options, number) ? STOP_SURVIVED_MS :
					     INTERRUPT_SURVIVED_MS);

	if (life->main == 0) {
		until = NEVER;
		init->servers.next_at = now_ms(); /* and say so at once */
	}
	if (life->stopping_until < until)
		life->stopping_until = until;
}

static void
hold_back(struct init *init, int number)
{
	struct life *life = &init->life;

	log_line(&init->view.log, LOG_INFO, "%s held back: main serves FUSE",
	    signal_name(number));
	life->held_back = init->options.rewritten[number];
	if (life->state == LIFE_RUNNING)
		life->state = LIFE_HELD_BACK;
	init->report.start_ms = now_ms();
}

static bool
is_wanted(const struct signalfd_siginfo *s)
{
	return s->ssi_signo != SIGCHLD &&
	    !((int)s->ssi_pid == getpid() && s->ssi_code <= 0);
}

static int
send_value(pid_t pid, int number, const struct signalfd_siginfo *s)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = number;
	info.si_code = SI_QUEUE;
	info.si_pid = (pid_t)s->ssi_pid;
	info.si_uid = s->ssi_uid;
	info.si_value.sival_ptr = (void *)(uintptr_t)s->ssi_ptr;
	return (int)syscall(SYS_rt_sigqueueinfo, pid, info.si_signo, &info);
}

static bool
group_serves(struct init *init)
{
	struct registry *r = &init->view.registry;

	each_server(s, r)
		if (getpgid(s->pid) == init->life.main &&
		    registry_serves(r, s->pid))
			return true;
	return false;
}

/* Another user's may be signalled all the same. */
int
signal_main(struct init *init, int number)
{
	pid_t main = init->life.main;
	int result = kill(main, number);

	if (result < 0 && errno == EPERM)
		result = people_signal(&init->view.people, main, -1, number);
	return result;
}

/*
 * The group without its servers: they go last, and not by this signal. Most
 * have a group of their own; then nobody needs to be pinned.
 */
static int
signal_group(struct init *init, int number)
{
	pid_t group = init->life.main;
	struct people_walk w;

	if (!group_serves(init)) {
		if (kill(-group, number) == 0)
			return 0;
		if (errno == ESRCH) /* main has not made it yet */
			return signal_main(init, number);
		if (errno != EPERM)
			return 0;
	}
	if (people_open(&w, &init->view.people) < 0)
		return kill(-group, number);
	while (people_next(&w))
		if (getpgid(w.pid) == group &&
		    !registry_serves(&init->view.registry, w.pid))
			(void)people_signal(w.people, w.pid, w.pidfd, number);
	return 0;
}

static int
send(struct init *init, int number, const struct signalfd_siginfo *s)
{
	if (init->options.group)
		return signal_group(init, number);
	if (s->ssi_code == SI_QUEUE &&
	    (send_value(init->life.main, number, s) == 0 || errno != EPERM))
		return 0;
	return signal_main(init, number);
}

void
forward_to_main(struct init *init, const struct signalfd_siginfo *s)
{
	struct life *life = &init->life;
	int number = (int)s->ssi_signo;
	int gets = init->options.rewritten[number];
	const char *name = signal_name(gets);

	if (!is_wanted(s) || gets == 0)
		return;
	if (signal_ends(&init->options, number))
		note_stop(init, number);
	if (life->main == 0)
		return; /* it is not started yet */
	if (stops(&init->options, number) &&
	    registry_serves(&init->view.registry, life->main))
		hold_back(init, number);
	else if (send(init, gets, s) < 0)
		log_line(&init->view.log, LOG_WARNING, "signal %d to main: %s",
		    gets, error_text(errno));
	else
		log_line(&init->view.log, LOG_DEBUG, "%s (%d) to main",
		    name ? name : "signal", gets);
}
