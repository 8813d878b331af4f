#include "src/proc/people.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/pidfd.h"
#include "src/proc/task.h"

#define OWNER_MS 200 /* for a child that has only to send a signal */

static bool
is_own(const struct people *p, pid_t pid)
{
	for (int i = 0; i < PEOPLE_OWN; i++)
		if (p->own[i] == pid)
			return true;
	return pid == p->self || pid == p->root || pid == p->guardian ||
	    pid == p->looker;
}

/* For the guardian init's own list says it: a stopped init reaps nobody. */
static bool
is_inits_child(const struct people *p, pid_t pid)
{
	siginfo_t info;

	if (getpid() == p->root)
		return waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) == 0;
	return proc_is_child(p->proc, p->root, pid);
}

/*
 * A pid read from a list may mean another process by the time it is pinned.
 * If it still stands in its parent's list afterwards, it is the parent's
 * child; and the list was the parent's if the parent is still alive.
 */
static bool
still_child(const struct people_walk *w, pid_t pid)
{
	int parent = w->level[w->depth].pidfd;

	if (parent < 0)
		return is_inits_child(w->people, pid);
	return proc_is_child(w->people->proc, w->level[w->depth].pid, pid) &&
	    !pidfd_dead(parent);
}

/* The walk ------------------------------------------------------------------ */

int
people_keep(struct people_walk *w)
{
	int pidfd = w->pidfd;

	w->pidfd = -1;
	return pidfd;
}

static void
let_go(struct people_walk *w)
{
	int pidfd = people_keep(w);

	if (pidfd >= 0)
		close(pidfd);
}

static int
look_below(struct people_walk *w, pid_t pid, int pidfd)
{
	w->level[w->depth].pid = pid;
	w->level[w->depth].pidfd = pidfd;
	return proc_children_open(&w->level[w->depth].children, w->people->proc,
	    pid);
}

int
people_open(struct people_walk *w, const struct people *p)
{
	w->people = p;
	w->pidfd = w->all.fd = -1;
	w->all.size = w->level[0].children.tasks.size = 0;
	w->depth = p->everybody || p->proc < 0 ? -1 : 0;
	if (p->proc < 0) {
		errno = ENOENT;
		return -1;
	}
	if (p->everybody)
		return proc_dir_open(&w->all, p->proc, ".");
	return look_below(w, p->root, p->root_pidfd);
}

/* The next pid of the list, pinned; false at its end. */
static bool
next_of_all(struct people_walk *w)
{
	while (proc_dir_next(&w->all, &w->pid)) {
		if (is_own(w->people, w->pid))
			continue;
		w->pidfd = pidfd_open(w->pid);
		if (w->pidfd >= 0 || errno != ESRCH)
			return true;
	}
	return false;
}

static bool
pin_child(struct people_walk *w)
{
	bool below_init = w->level[w->depth].pidfd < 0;

	if (is_own(w->people, w->pid))
		return false;
	w->pidfd = pidfd_open(w->pid);
	if (w->pidfd < 0 && (errno == ESRCH || !below_init))
		return false;
	if (still_child(w, w->pid))
		return true;
	let_go(w);
	return false;
}

/* The next whose children have all been visited. */
static bool
next_descendant(struct people_walk *w)
{
	while (w->depth >= 0) {
		if (!proc_children_next(&w->level[w->depth].children,
			&w->pid)) {
			w->pid = w->level[w->depth].pid;
			w->pidfd = w->level[w->depth].pidfd;
			if (--w->depth >= 0)
				return true;
			w->pidfd = -1; /* init's, and not ours to close */
		} else if (pin_child(w)) {
			if (w->pidfd < 0 || w->depth + 1 == PEOPLE_DEEPEST)
				return true;
			w->depth++;
			(void)look_below(w, w->pid, people_keep(w));
		}
	}
	return false;
}

bool
people_next(struct people_walk *w)
{
	do {
		let_go(w);
		if (!(w->people->everybody ? next_of_all(w) :
					     next_descendant(w)))
			return false;
	} while (people_dead(w->people, w->pid, w->pidfd));
	return true;
}

void
people_close(struct people_walk *w)
{
	let_go(w);
	proc_dir_close(&w->all);
	for (; w->depth >= 0; w->depth--) {
		proc_children_close(&w->level[w->depth].children);
		if (w->depth > 0 && w->level[w->depth].pidfd >= 0)
			close(w->level[w->depth].pidfd);
	}
}

/* One of them --------------------------------------------------------------- */

bool
people_dead(const struct people *p, pid_t pid, int pidfd)
{
	return pidfd >= 0 ? pidfd_dead(pidfd) : task_is_gone(p->proc, pid);
}

struct call {
	const struct people *people;
	pid_t pid;
	int pidfd, number;
};

static int
send(const struct people *p, pid_t pid, int pidfd, int number)
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

/*
 * Without CAP_KILL one user's process may signal only the same user's
 * (kill_ok_by_cred(), kernel/signal.c). To become that user takes CAP_SETUID.
 */
static int
send_as_owner(void *context)
{
	const struct call *c = context;

	return owner_become(c->people->proc, c->pid) < 0 ||
	    send(c->people, c->pid, c->pidfd, c->number) < 0;
}

int
people_signal(const struct people *p, pid_t pid, int pidfd, int number)
{
	struct call call = { p, pid, pidfd, number };
	pid_t late;

	if (send(p, pid, pidfd, number) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	if (child_run(send_as_owner, &call, 0, now_ms() + OWNER_MS, &late) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

/* Nobody was found, and that is no proof. */
static bool
has_failed(const struct people_walk *w)
{
	return w->all.size < 0 || w->level[0].children.tasks.size < 0;
}

bool
people_exist(const struct people *p)
{
	struct people_walk w;
	siginfo_t info;
	bool found;

	/* One system call that most often is the whole answer. */
	if (p->everybody && kill(-1, 0) < 0 && errno == ESRCH)
		return false;
	if (!p->everybody &&
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	if (people_open(&w, p) < 0)
		return true;
	found = people_next(&w) || has_failed(&w);
	people_close(&w);
	return found;
}

bool
people_top(const struct people *p, pid_t pid)
{
	return pid <= 1 || pid == p->root || pid == p->self;
}

void
people_own(struct people *p, pid_t pid)
{
	for (int i = 0; i < PEOPLE_OWN; i++)
		if (p->own[i] == 0) {
			p->own[i] = pid;
			return;
		}
}

void
people_disown(struct people *p, pid_t pid)
{
	for (int i = 0; i < PEOPLE_OWN; i++)
		if (p->own[i] == pid)
			p->own[i] = 0;
}

int
people_child(struct people *p, int (*work)(void *), void *context, int flags,
    long long deadline_ms)
{
	pid_t late = 0;
	int result = child_run(work, context, flags, deadline_ms, &late);

	if (result == CHILD_LATE)
		people_own(p, late);
	return result;
}
