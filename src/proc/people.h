/*
 * The processes that may be looked at and signalled: all in the PID namespace
 * if we are its PID 1, else our descendants only.
 */
#ifndef FINI_PEOPLE_H
#define FINI_PEOPLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/proc/process.h"
#include "src/proc/procfs.h"

#define PEOPLE_OWN 8 /* children that init made for itself */
#define PEOPLE_DEEPEST \
	64 /* generations; deeper ones come up to us \
			     when their ancestors die */

struct people {
	int proc;	/* proc_open()'s, -1: no process can be seen */
	bool everybody; /* we are PID 1 */
	pid_t self;
	pid_t root;	/* whose descendants: init; if not us, it is stopped */
	int root_pidfd; /* pins it where init is not us; else -1 */
	pid_t guardian; /* a child of init's too; 0: none, or it is us */
	pid_t looker;	/* a child that looks at the others for us; 0: none */
	pid_t own[PEOPLE_OWN]; /* never visited; 0: free */
};

/*
 * Each process alive, one after the other, children before their parents:
 *
 *	for (people_open(&w, people); people_next(&w);)
 *		w.pid, w.pidfd ...
 *
 * It is pinned: while w.pidfd is open, what was a member stays what the pid
 * means. w.pidfd is -1 where the kernel gives none; people_signal() then does
 * what is still safe. The next people_next() closes it, unless people_keep()
 * took it over; on leaving earlier call people_close(). people_open() gives 0,
 * or -1 if the processes cannot be listed; then there are none.
 */
struct people_walk {
	const struct people *people;
	pid_t pid;
	int pidfd;
	struct proc_dir all;
	int depth; /* of the one looked below; level[0] is init */
	struct {
		pid_t pid;
		int pidfd; /* -1: init, and pinned without */
		struct proc_children children;
	} level[PEOPLE_DEEPEST];
};

int people_open(struct people_walk *walk, const struct people *people);
bool people_next(struct people_walk *walk);
void people_close(struct people_walk *walk);
int people_keep(struct people_walk *walk);

/*
 * Signals a member. Where pidfd_open(2) or pidfd_send_signal(2) is refused only
 * a child of init's is signalled: until init reaps it, its pid is not reused,
 * and an init that is not us is stopped. Whoever is deeper comes up to init
 * when its ancestors die. 0, or -1 and errno: ENOSYS if it is not init's child.
 */
int people_signal(const struct people *people, pid_t pid, int pidfd,
    int number);

/* As pidfd_dead(); without a pidfd, by what /proc shows (task_is_gone()). */
bool people_dead(const struct people *people, pid_t pid, int pidfd);

/*
 * True while a process is alive (no zombie) other than us and people->own.
 * Where processes cannot be listed, zombies count: kill(-1, 0) finds them, and
 * so does a wait for our children.
 */
bool people_exist(const struct people *people);

/* Is it init, or beyond it? There an ascent by parents ends. */
bool people_top(const struct people *people, pid_t pid);

/* Remembers, and forgets, a child that init made for itself. */
void people_own(struct people *people, pid_t pid);
void people_disown(struct people *people, pid_t pid);

/* child_run(); a child that is late is ours, and never visited. */
int people_child(struct people *people, int (*work)(void *context),
    void *context, int flags, long long deadline_ms);

#endif
