#include "src/population.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/pidfd.h"
#include "src/procfs.h"
#include "src/stuck.h"

#define DEEPEST \
	64 /* generations; whoever is deeper comes up to us when
			   its ancestors die */

/* A level of the walk: whose children these are. */
struct walk {
	const struct population *population;
	pid_t parent;
	int parent_pidfd; /* -1: init is the parent, and pinned without */
	int depth;
	enum visit (*visit)(pid_t, int, void *);
	void *context;
	bool more;
};

static bool
is_own(const struct population *p, pid_t pid)
{
	for (int i = 0; i < POPULATION_OWN; i++)
		if (p->own[i] == pid)
			return true;
	return pid == p->self || pid == p->root ||
	    (p->guardian && pid == *p->guardian);
}

struct sought {
	int pid;
	bool found;
};

static bool
seek(int child, void *context)
{
	struct sought *s = context;

	s->found |= child == s->pid;
	return !s->found;
}

/* For the guardian init's own list says it: a stopped init reaps nobody. */
static bool
is_inits_child(const struct population *p, pid_t pid)
{
	struct sought s = { .pid = pid };
	siginfo_t info;

	if (p->self == p->root)
		return waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) == 0;
	proc_each_child(p->proc, p->root, seek, &s);
	return s.found;
}

/*
 * A pid read from a list may mean another process by the time it is pinned.
 * If it still stands in its parent's list afterwards, it is the parent's
 * child; and the list was the parent's if the parent is still alive.
 */
static bool
still_child(struct walk *w, pid_t pid)
{
	struct sought s = { .pid = pid };

	if (w->parent_pidfd < 0)
		return is_inits_child(w->population, pid);
	proc_each_child(w->population->proc, w->parent, seek, &s);
	return s.found && !pidfd_dead(w->parent_pidfd);
}

/* Visits one process; keeps its pidfd only where the visitor asked. */
static void
call(struct walk *w, pid_t pid, int pidfd)
{
	enum visit answer = VISIT_NEXT;

	if (!population_dead(w->population, pid, pidfd))
		answer = w->visit(pid, pidfd, w->context);
	if (answer == VISIT_STOP)
		w->more = false;
	if (answer != VISIT_KEEP && pidfd >= 0)
		close(pidfd);
}

static bool
visit_anybody(int pid, void *context)
{
	struct walk *w = context;
	int pidfd;

	if (is_own(w->population, pid))
		return true;
	pidfd = pidfd_open(pid);
	if (pidfd >= 0 || errno != ESRCH)
		call(w, pid, pidfd);
	return w->more;
}

static bool
visit_descendant(int pid, void *context)
{
	struct walk *w = context;
	struct walk below = *w;
	int pidfd;

	if (is_own(w->population, pid))
		return true;
	pidfd = pidfd_open(pid);
	if (pidfd < 0 && (errno == ESRCH || w->parent_pidfd >= 0))
		return true;
	if (!still_child(w, pid)) {
		if (pidfd >= 0)
			close(pidfd);
		return true;
	}
	if (pidfd >= 0 && w->depth < DEEPEST) {
		below.parent = pid;
		below.parent_pidfd = pidfd;
		below.depth++;
		proc_each_child(w->population->proc, pid, visit_descendant,
		    &below);
		w->more = below.more;
	}
	if (w->more)
		call(w, pid, pidfd);
	else if (pidfd >= 0)
		close(pidfd);
	return w->more;
}

int
population_each(const struct population *p,
    enum visit (*visit)(pid_t, int, void *), void *context)
{
	struct walk w = {
		.population = p,
		.parent = p->root,
		.parent_pidfd = p->root_pidfd,
		.visit = visit,
		.context = context,
		.more = true,
	};

	if (p->proc < 0) {
		errno = ENOENT;
		return -1;
	}
	if (p->everybody)
		return proc_each_number(p->proc, ".", visit_anybody, &w);
	return proc_each_child(p->proc, p->root, visit_descendant, &w);
}

bool
population_dead(const struct population *p, pid_t pid, int pidfd)
{
	return pidfd >= 0 ? pidfd_dead(pidfd) : stuck_is_gone(p->proc, pid);
}

int
population_signal(const struct population *p, pid_t pid, int pidfd, int number)
{
	if (pidfd >= 0 && pidfd_signal(pidfd, number, NULL) == 0)
		return 0;
	/* EPERM: ours to send or not, or a seccomp filter; kill(2) tells. */
	if (pidfd >= 0 && errno != ENOSYS && errno != EPERM)
		return -1;
	if (!is_inits_child(p, pid)) {
		errno = ENOSYS;
		return -1;
	}
	return kill(pid, number);
}

static enum visit
stop_at_first(pid_t pid, int pidfd, void *context)
{
	(void)pid;
	(void)pidfd;
	*(bool *)context = true;
	return VISIT_STOP;
}

bool
population_exists(const struct population *p)
{
	siginfo_t info;
	bool found = false;

	/* One system call that most often is the whole answer. */
	if (p->everybody && kill(-1, 0) < 0 && errno == ESRCH)
		return false;
	if (!p->everybody &&
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	return population_each(p, stop_at_first, &found) < 0 || found;
}

void
population_own(struct population *p, pid_t pid)
{
	for (int i = 0; i < POPULATION_OWN; i++)
		if (p->own[i] == 0) {
			p->own[i] = pid;
			return;
		}
}

void
population_disown(struct population *p, pid_t pid)
{
	for (int i = 0; i < POPULATION_OWN; i++)
		if (p->own[i] == pid)
			p->own[i] = 0;
}
