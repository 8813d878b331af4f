#include "src/fuse/supervisor.h"

#include <stddef.h>
#include <string.h>

#include "src/fuse/eyes.h"
#include "src/fuse/helper.h"
#include "src/fuse/use.h"
#include "src/fuse/view.h"
#include "src/proc/task.h"

#define GENERATIONS 64
#define NAMESPACE_SIZE 32 /* "pid:[4026531836]" */
#define HELPER (-1)	  /* in the place of a server's */

struct supervisor *
supervisors_have(struct supervisors *all, pid_t pid)
{
	for (int i = 0; i < all->count; i++)
		if (all->one[i].pid == pid)
			return &all->one[i];
	return NULL;
}

static struct supervisor *
add(struct supervisors *all, struct view *v, pid_t pid)
{
	struct supervisor *one = supervisors_have(all, pid);

	if (one || all->count == SUPERVISORS)
		return one;
	one = &all->one[all->count++];
	*one = (struct supervisor){ .pid = pid };
	one->init = eyes_on(v, pid) && task_is_init(v->people.proc, pid);
	return one;
}

static struct supervisor *
note(struct supervisors *all, struct view *v, pid_t pid, int server)
{
	struct supervisor *one = add(all, v, pid);

	if (one && server == HELPER)
		one->helper = true;
	else if (one)
		set_add(&one->below, server);
	return one;
}

/* From the parent of `pid` on. What is a server or a helper has its own place. */
static void
climb(struct supervisors *all, const struct helpers *h, struct view *v,
    pid_t pid, int server)
{
	unsigned long long started;
	struct supervisor *one;
	bool above = false;
	pid_t parent;

	for (int i = 0; i < GENERATIONS && eyes_on(v, pid); i++, pid = parent) {
		if (task_origin(v->people.proc, pid, &parent, &started) < 0 ||
		    people_top(&v->people, parent))
			return;
		if (registry_server(&v->registry, parent) ||
		    helpers_have(h, parent))
			continue;
		one = note(all, v, parent, server);
		if (one) {
			one->above |= above;
			above |= one->init;
		}
	}
}

static bool
namespace_of(struct view *v, pid_t pid, char *name)
{
	return eyes_on(v, pid) &&
	    proc_link(v->people.proc, name, NAMESPACE_SIZE, "%d/ns/pid", pid) >=
	    0;
}

/*
 * Most often it is an ancestor and noted by now; but not if the server has come
 * from outside (nsenter, docker exec).
 */
static void
note_init(struct supervisors *all, struct view *v, pid_t pid, int server)
{
	char home[NAMESPACE_SIZE], its[NAMESPACE_SIZE], other[NAMESPACE_SIZE];
	struct people_walk w;

	if (!namespace_of(v, v->people.self, home) ||
	    !namespace_of(v, pid, its) || strcmp(home, its) == 0)
		return;
	for (people_open(&w, &v->people); people_next(&w);)
		if (namespace_of(v, w.pid, other) && strcmp(other, its) == 0 &&
		    task_is_init(v->people.proc, w.pid) &&
		    !registry_server(&v->registry, w.pid))
			(void)note(all, v, w.pid, server);
}

void
supervisors_find(struct supervisors *all, const struct helpers *h,
    struct view *v)
{
	each_server(s, &v->registry) {
		int server = (int)(s - v->registry.server);

		climb(all, h, v, s->pid, server);
		note_init(all, v, s->pid, server);
	}
	for (int i = 0; i < h->count; i++)
		climb(all, h, v, h->pid[i], HELPER);
}

void
supervisors_look(struct supervisors *all, struct view *v)
{
	for (int i = 0; i < all->count; i++)
		if (eyes_on(v, all->one[i].pid))
			all->one[i].uses = use_of_all_kinds(v, all->one[i].pid);
}
