#include "doctor/reapers.h"

#include "doctor/picture.h"
#include "doctor/suspects.h"
#include "doctor/threads.h"

int
reapers_parent(const struct picture *p, int zombie)
{
	pid_t parent = p->tasks.process[zombie].parent;

	for (int i = 0; i < p->tasks.processes; i++)
		if (p->tasks.process[i].pid == parent)
			return i;
	return NONE;
}

void
reapers_look(struct picture *p, int proc, int process)
{
	struct process *of = &p->tasks.process[process];
	int parent;
	pid_t unused;
	char state;

	/* A zombie with another thread cannot be reaped yet. */
	if (of->threads != 1 || dying_around(p, process) == NONE ||
	    !threads_leader(proc, of->pid, &state, &of->parent) || state != 'Z')
		return;
	of->zombie = true;
	parent = reapers_parent(p, process);
	if (parent != NONE && threads_leader(proc, of->parent, &state, &unused))
		p->tasks.process[parent].stopped = state == 'T' || state == 't';
}

int
reapers_zombie(const struct picture *p, int namespace)
{
	for (int i = 0; i < p->tasks.processes; i++) {
		int parent;

		if (!p->tasks.process[i].zombie ||
		    p->tasks.process[i].threads != 1 ||
		    dying_around(p, i) != namespace)
			continue;
		parent = reapers_parent(p, i);
		if (parent != NONE && dying_around(p, parent) == NONE)
			return i;
	}
	return NONE;
}
