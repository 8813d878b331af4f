/*
 * Who may be looked at and signalled: everybody in the PID namespace when we
 * are its PID 1, else our descendants only.
 */
#ifndef FINI_POPULATION_H
#define FINI_POPULATION_H

#include <stdbool.h>
#include <sys/types.h>

#define POPULATION_OWN 8 /* children that init made for itself */

struct population {
	int proc;	/* proc_open()'s, -1: nobody can be seen */
	bool everybody; /* we are PID 1 */
	pid_t self;
	pid_t root;	/* whose descendants: init; if not us, it is stopped */
	int root_pidfd; /* pins it where init is not us; else -1 */
	const pid_t *guardian;	   /* a child of ours too; may be NULL */
	pid_t own[POPULATION_OWN]; /* never visited; 0: free */
};

enum visit {
	VISIT_NEXT, /* go on */
	VISIT_KEEP, /* go on; the visitor keeps the pidfd and closes it */
	VISIT_STOP  /* enough */
};

/*
 * Calls `visit` for each process alive. It is pinned: while `pidfd` is open,
 * what was a member stays what the pid means. pidfd is -1 where the kernel
 * gives none; population_signal() then does what is still safe.
 * 0, or -1 if the processes cannot be listed.
 */
int population_each(const struct population *population,
    enum visit (*visit)(pid_t pid, int pidfd, void *context), void *context);

/*
 * Signals a member. Where pidfd_open(2) or pidfd_send_signal(2) is refused only
 * a child of init's is signalled: until init reaps it, its pid is not reused,
 * and an init that is not us is stopped. Whoever is deeper comes up to init
 * when its ancestors die. 0, or -1 and errno: ENOSYS if it is not init's child.
 */
int population_signal(const struct population *population, pid_t pid, int pidfd,
    int number);

/* As pidfd_dead(); without a pidfd, by what /proc shows (stuck_is_gone()). */
bool population_dead(const struct population *population, pid_t pid, int pidfd);

/*
 * True while somebody alive (no zombie) other than us and population->own is
 * there. Where processes cannot be listed, zombies count: kill(-1, 0) finds
 * them, and so does a wait for our children.
 */
bool population_exists(const struct population *population);

/* Remembers, and forgets, a child that init made for itself. */
void population_own(struct population *population, pid_t pid);
void population_disown(struct population *population, pid_t pid);

#endif
