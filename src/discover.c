#include "src/discover.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "src/connection.h"
#include "src/device.h"
#include "src/format.h"
#include "src/mounts.h"
#include "src/pin.h"
#include "src/population.h"
#include "src/procfs.h"

bool
discover_mounts(struct registry *r, int mountinfo)
{
	struct pollfd change = { .fd = mountinfo, .events = POLLPRI };
	bool unserved = false;

	mounts_forget(r);
	if (poll(&change, 1, 0) > 0)
		r->changed = true;
	if (mountinfo < 0 || mounts_note(r, mountinfo, 0, &unserved) < 0)
		return false;
	mounts_settle(r);
	return unserved;
}

#define NAMESPACE_SIZE 32 /* "mnt:[4026531841]" */

struct look {
	struct registry *registry;
	int proc;
	uint64_t connections;
	unsigned devices, untold;
	const char *home; /* our mount namespace; NULL: look at everybody */
};

static bool
look_at_file(const struct proc_file *file, void *context)
{
	struct look *look = context;
	struct registry *r = look->registry;
	unsigned id;
	int connection;

	switch (device_look(look->proc, file, &id)) {
	case DEVICE_NOT:
	case DEVICE_IDLE:
		break;
	case DEVICE_UNTOLD:
		look->untold++;
		look->devices++;
		break;
	case DEVICE_SERVES:
		look->devices++;
		connection =
		    registry_is_foreign(r, id) ? -1 : registry_add(r, id);
		if (connection >= 0)
			look->connections |= UINT64_C(1) << connection;
		break;
	}
	return true;
}

static ssize_t
mount_namespace(int proc, pid_t pid, char *name, size_t size)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));
	ssize_t n;

	text_format(&t, "%d/ns/mnt", pid);
	n = readlinkat(proc, path, name, size - 1);
	if (n >= 0)
		name[n] = '\0';
	return n;
}

static bool
is_at_home(const struct look *look, pid_t pid)
{
	char name[NAMESPACE_SIZE];

	return mount_namespace(look->proc, pid, name, sizeof(name)) >= 0 &&
	    strcmp(name, look->home) == 0;
}

static enum visit
look_at_process(pid_t pid, int pidfd, void *context)
{
	struct look *all = context;
	struct registry *r = all->registry;
	struct look look = { .registry = r, .proc = all->proc };
	struct server *s;
	bool taken;

	if (all->home && is_at_home(all, pid))
		return VISIT_NEXT;
	if (proc_each_file(all->proc, pid, look_at_file, &look) < 0 ||
	    look.devices == 0)
		return VISIT_NEXT;
	s = registry_add_server(r, pid, pidfd, &taken);
	if (!s)
		return VISIT_NEXT;
	if (look.untold > s->untold)
		s->unmatched += look.untold - s->untold;
	s->untold = look.untold;
	s->connections |= look.connections;
	s->seen = true;
	proc_comm(all->proc, pid, s->comm);
	for (int i = 0; i < CONNECTIONS; i++)
		if (look.connections & UINT64_C(1) << i)
			r->connection[i].ours = true;
	return taken ? VISIT_KEEP : VISIT_NEXT;
}

/* Mounted, and nobody alive is known to serve it. */
static uint64_t
unserved(const struct registry *r)
{
	uint64_t connections = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].used &&
		    !registry_served(r, UINT64_C(1) << i))
			connections |= UINT64_C(1) << i;
	return connections;
}

/*
 * Before Linux 6.16: a connection whose mount has come, or whose server has
 * gone into the background, belongs to the processes that have come to hold
 * /dev/fuse since. Several at once cannot be told apart; each may then be any
 * one's.
 */
static void
match_by_time(struct registry *r)
{
	uint64_t candidates = unserved(r), matched = 0;

	if (candidates == 0)
		return;
	for (int i = 0; i < SERVERS; i++) {
		struct server *s = &r->server[i];

		if (s->pid == 0 || s->unmatched == 0)
			continue;
		s->connections |= candidates;
		s->unmatched = 0;
		matched = candidates;
	}
	for (int i = 0; i < CONNECTIONS; i++)
		if (matched & UINT64_C(1) << i)
			r->connection[i].ours = true;
}

/*
 * Two that came at once may both have been matched to the first mount. For what
 * is still unserved in the end, any holder may be the server; but not for a
 * mount that a peer outside may have made.
 */
static void
match_the_rest(struct registry *r)
{
	uint64_t rest = unserved(r);
	bool any = false;

	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].shared || !r->connection[i].mounted)
			rest &= ~(UINT64_C(1) << i);
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 && r->server[i].untold > 0) {
			r->server[i].connections |= rest;
			any = true;
		}
	for (int i = 0; i < CONNECTIONS && any; i++)
		if (rest & UINT64_C(1) << i)
			r->connection[i].ours = true;
}

/*
 * A server may have mounted where only it can see it. Reading the mountinfo
 * of one that shares our namespace again costs little and adds nothing.
 */
static void
look_at_servers_mounts(struct registry *r, int proc)
{
	for (int i = 0; i < SERVERS; i++) {
		char path[32];
		struct text t = text_over(path, sizeof(path));
		bool unserved = false; /* by then all were found */
		int fd;

		if (r->server[i].pid == 0)
			continue;
		text_format(&t, "%d/mountinfo", r->server[i].pid);
		fd = proc_openat(proc, path, 0);
		if (fd < 0)
			continue;
		(void)mounts_note(r, fd, r->server[i].pid, &unserved);
		close(fd);
	}
}

static bool
any_connection(const struct registry *r)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].used)
			return true;
	return false;
}

void
discover_servers(struct registry *r, const struct population *p,
    struct fusectl *fusectl, bool everywhere)
{
	struct look look = { .registry = r, .proc = p->proc };
	char home[NAMESPACE_SIZE];

	/*
	 * No mount has come, not even to go again: who shares our mounts serves
	 * none, and of thousands of processes few do not share them.
	 */
	if (!any_connection(r) && !r->changed &&
	    mount_namespace(p->proc, p->self, home, sizeof(home)) >= 0)
		look.home = home;
	for (int i = 0; i < SERVERS; i++)
		r->server[i].seen = false;
	(void)population_each(p, look_at_process, &look);
	registry_forget_dead(r, p);
	if (everywhere)
		look_at_servers_mounts(r, p->proc);
	match_by_time(r);
	if (everywhere)
		match_the_rest(r);
	if (registry_ours(r) == 0)
		return;
	fusectl_prepare(fusectl);
	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].used && r->connection[i].ours)
			pin_connection(r, p, fusectl, i);
}
