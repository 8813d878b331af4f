#include "src/isolate.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>

#include "src/connection.h"
#include "src/population.h"
#include "src/unmount.h"

#define HIDE_MS 2000 /* for the child that unmounts */

int
isolate_prepare(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

int
isolate_enter(void)
{
	return unshare(CLONE_NEWNS);
}

/*
 * Servers of one connection often share a namespace (who went into the
 * background and the child that serves): the second finds nothing there.
 */
static bool
hide_from(struct population *p, unsigned id, const struct server *s)
{
	switch (unmount_connection(p, id, MNT_DETACH | UNMOUNT_HERE_ONLY,
	    s->pid, HIDE_MS)) {
	case UNMOUNT_DONE:
	case UNMOUNT_NONE:
		return true;
	default:
		return population_dead(p, s->pid, s->pidfd);
	}
}

int
isolate_hide(const struct registry *r, struct population *p,
    uint64_t connections)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!(connections & UINT64_C(1) << i))
			continue;
		if (!r->connection[i].mounted)
			return -1;
		for (int j = 0; j < SERVERS; j++)
			if (r->server[j].pid != 0 &&
			    (r->server[j].connections & UINT64_C(1) << i) &&
			    !hide_from(p, r->connection[i].id, &r->server[j]))
				return -1;
	}
	return 0;
}
