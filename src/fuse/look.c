#include "src/fuse/look.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/fd.h"
#include "src/fuse/eyes.h"
#include "src/fuse/mounts.h"
#include "src/fuse/pin.h"
#include "src/fuse/stuck.h"
#include "src/fuse/use.h"
#include "src/fuse/view.h"
#include "src/fuse/whose.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"
#include "src/proc/task.h"

#define NAMESPACE_SIZE 32 /* "mnt:[4026531841]" */

struct holding {
	struct set connections;
	unsigned devices, untold;
	bool ring, any;
};

/*
 * Does this kernel let servers answer by io_uring? Off by default; many use one
 * for other things. Asked only where a server has one.
 */
static bool
rings_are_on(void)
{
	int fd = fd_open(AT_FDCWD, "/sys/module/fuse/parameters/enable_uring",
	    O_RDONLY | O_CLOEXEC);
	char on = 'N';

	if (fd < 0)
		return false;
	(void)!read(fd, &on, 1);
	close(fd);
	return on == 'Y';
}

static void
look_at_files(struct view *v, pid_t pid, struct holding *h)
{
	struct proc_files f;
	unsigned id;
	int connection;

	*h = (struct holding){ .devices = 0 };
	(void)proc_files_open(&f, v->people.proc, pid);
	f.every = true;
	while (proc_files_next(&f)) {
		h->any = true;
		h->ring = h->ring ||
		    (strcmp(f.link, "anon_inode:[io_uring]") == 0 &&
			rings_are_on());
		switch (fdinfo_device(&f, &id)) {
		case DEVICE_NOT:
		case DEVICE_IDLE:
			break;
		case DEVICE_UNTOLD:
			h->untold++;
			h->devices++;
			break;
		case DEVICE_SERVES:
			h->devices++;
			connection = whose_held(&v->registry, id,
			    registry_server(&v->registry, pid));
			if (connection >= 0)
				set_add(&h->connections, connection);
			break;
		}
	}
}

/*
 * What it has closed it does not serve any more; but in its exit it closes
 * everything, and what is mapped or registered with a ring is not seen.
 */
static void
note_serves(struct view *v, struct server *s, const struct holding *h)
{
	struct set closed = s->serves;

	set_cut(&closed, &h->connections);
	set_join(&s->serves, &h->connections);
	if (h->untold == 0 && !h->ring && !set_is_empty(&closed) &&
	    !task_has_exited(v->people.proc, s->pid))
		set_cut(&s->serves, &closed);
}

static void
note_server(struct view *v, struct people_walk *w, const struct holding *h)
{
	bool added;
	unsigned long long started;
	struct server *s = registry_add_server(&v->registry, w->pid, &added);

	if (!s)
		return;
	if (added) {
		s->pidfd = people_keep(w);
		s->found_at = boot_hundredths();
		(void)task_origin(v->people.proc, w->pid, &s->parent, &started);
	}
	if (h->untold > s->devices.untold)
		s->devices.unmatched += h->untold - s->devices.untold;
	s->devices.untold = h->untold;
	s->devices.ring = h->ring;
	s->devices.released = false;
	note_serves(v, s, h);
	s->devices.seen = true;
	proc_comm(v->people.proc, s->pid, s->comm);
}

static bool
lives_at(const struct view *v, pid_t pid, const char *home)
{
	char name[NAMESPACE_SIZE];

	errno = 0;
	return proc_link(v->people.proc, name, sizeof(name), "%d/ns/mnt",
		   pid) >= 0 &&
	    strcmp(name, home) == 0;
}

/*
 * Does every process of /proc share our mounts? Most often, and then nobody has
 * to be pinned for it. The dead share none, and do not count.
 */
static bool
all_live_at(struct view *v, const char *home)
{
	struct proc_dir all;
	bool at_home = true;
	int pid;

	proc_dir_open(&all, v->people.proc, ".");
	while (at_home && proc_dir_next(&all, &pid))
		at_home = !eyes_on(v, pid) || lives_at(v, pid, home) ||
		    errno == ENOENT || errno == ESRCH;
	proc_dir_close(&all);
	return at_home;
}

/*
 * No mount has come, not even to go again: who shares our mounts serves none,
 * and of thousands of processes few do not share them.
 */
static bool
nothing_has_come(const struct registry *r)
{
	for (int i = 0; i < r->connections; i++)
		if (r->connection[i].used)
			return false;
	return !r->changed;
}

/* A number for the connections of the machine that are not known; 0: none. */
static unsigned
unknown(struct view *v)
{
	struct proc_dir all;
	unsigned sum = 0;
	int id;

	for (fusectl_list(&v->fusectl, v->people.proc, &all);
	     proc_dir_next(&all, &id);)
		if (!whose_is_known(&v->registry, (unsigned)id))
			sum = sum * 31 + (unsigned)id;
	return sum;
}

bool
look_has_news(struct view *v)
{
	unsigned before = v->unknown;

	v->unknown = unknown(v);
	return v->unknown != 0 && v->unknown != before;
}

static void
look_at_everybody(struct view *v, bool elsewhere)
{
	struct people_walk w;
	struct server *s;
	struct holding h;
	char home[NAMESPACE_SIZE];

	elsewhere = elsewhere &&
	    proc_link(v->people.proc, home, sizeof(home), "%d/ns/mnt",
		v->people.self) >= 0;
	if (elsewhere && v->people.everybody && all_live_at(v, home))
		return;
	for (people_open(&w, &v->people); people_next(&w);) {
		if (!eyes_on(v, w.pid) ||
		    (elsewhere && lives_at(v, w.pid, home)))
			continue;
		look_at_files(v, w.pid, &h);
		if (h.devices > 0)
			note_server(v, &w, &h);
		else if (h.any && (s = registry_server(&v->registry, w.pid)))
			s->devices.released = true;
	}
	each_server(one, &v->registry)
		if (!one->devices.seen && one->pidfd < 0 &&
		    eyes_on(v, one->pid))
			one->state.exited =
			    task_has_exited(v->people.proc, one->pid);
}

void
look_for_servers(struct view *v, bool everywhere)
{
	/* What no mountinfo of ours shows is attached nowhere, or a thread's. */
	bool elsewhere =
	    nothing_has_come(&v->registry) && !(everywhere && unknown(v) != 0);

	each_server(s, &v->registry)
		s->devices.seen = false;
	if (eyes_open(v)) {
		look_at_everybody(v, elsewhere);
		eyes_close();
	}
	look_who_is_dead(v);
	if (everywhere) {
		look_at_servers_mounts(v);
		registry_find_insides(&v->registry);
	}
	whose_match_by_time(&v->registry, everywhere, now_ms());
	pin_ours(v);
}

static void
look_at_states(struct view *v, bool uses)
{
	each_server(s, &v->registry) {
		struct state now = s->state;
		struct waiting waiting;

		if (!eyes_on(v, s->pid))
			continue;
		now.exited = task_has_exited(v->people.proc, s->pid);
		waiting = stuck_in(v, s->pid);
		now.waits = !now.exited && waiting.for_fuse;
		now.reads = waiting.for_requests;
		now.locked = waiting.leader_locked;
		now.takes = waiting.leader_takes ||
		    (s->stop.unmounted &&
			task_takes(v->people.proc, s->pid, SIGTERM));
		now.place = waiting.leader;
		if (uses || now.waits || s->devices.ring)
			now.uses = use_by(v, s->pid, NULL);
		s->state = now;
	}
}

void
look_at_servers(struct view *v, bool uses)
{
	look_who_is_dead(v);
	if (registry_next_server(&v->registry, NULL) && eyes_open(v)) {
		look_at_states(v, uses);
		eyes_close();
	}
}

static bool
is_dead(const struct view *v, const struct server *s)
{
	return people_dead(&v->people, s->pid, s->pidfd) ||
	    (s->pidfd < 0 && !s->devices.seen && !s->state.exited);
}

void
look_who_is_dead(struct view *v)
{
	each_server(s, &v->registry) {
		if (!is_dead(v, s))
			continue;
		if (s->pidfd >= 0)
			close(s->pidfd);
		s->pidfd = -1;
		s->pid = 0;
	}
}
