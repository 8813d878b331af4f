#include "src/fuse/pin.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#include "src/fuse/eyes.h"
#include "src/fuse/view.h"
#include "src/proc/fdinfo.h"
#include "src/proc/mountinfo.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"
#include "src/proc/viewers.h"

/* By a mountinfo ------------------------------------------------------------- */

static bool
is_mounted_for(int proc, pid_t pid, unsigned id)
{
	int fd = proc_openat(proc, O_RDONLY, "%d/mountinfo", pid);
	struct mounts m;
	const struct mount *mount;
	bool found = false;

	if (fd < 0)
		return false;
	(void)mounts_open(&m, fd);
	while (!found && (mount = mounts_next(&m)) != NULL)
		found = mount_is_fuse(mount) && mount_connection(mount) == id;
	close(fd);
	return found;
}

static pid_t
task_that_sees(int proc, pid_t pid, unsigned id)
{
	struct viewers w;
	pid_t tid;
	bool found = false;

	for (viewers_open(&w, proc, pid); !found && viewers_next(&w, &tid);)
		found = is_mounted_for(proc, tid, id);
	viewers_close(&w);
	return found ? tid : 0;
}

/* Whose mounts show connection `connection`: ours, a server's; 0: nobody's. */
static pid_t
who_sees(struct view *v, int connection)
{
	unsigned id = v->registry.connection[connection].id;
	pid_t tid;

	if (is_mounted_for(v->people.proc, v->people.self, id))
		return v->people.self;
	each_server(s, &v->registry)
		if (set_has(&s->serves, connection) &&
		    (tid = task_that_sees(v->people.proc, s->pid, id)) != 0)
			return tid;
	return 0;
}

/* By a duplicate ------------------------------------------------------------- */

static bool
is_alive(const struct proc_files *f, int pidfd, unsigned id)
{
	struct pollfd device = {
		.fd = proc_file_duplicate(f, pidfd),
		.events = POLLIN,
	};
	unsigned told;
	bool alive;

	if (device.fd < 0)
		return false;
	alive = fdinfo_connection(f->proc, getpid(), device.fd, &told) &&
	    told == id && poll(&device, 1, 0) >= 0 &&
	    (device.revents & POLLERR) == 0;
	close(device.fd);
	return alive;
}

static bool
has_alive(const struct view *v, const struct server *s, unsigned id)
{
	struct proc_files f;
	unsigned told;
	bool alive = false;

	(void)proc_files_open(&f, v->people.proc, s->pid);
	f.every = true;
	while (!alive && proc_files_next(&f))
		alive = fdinfo_device(&f, &told) == DEVICE_SERVES &&
		    told == id && is_alive(&f, s->pidfd, id);
	proc_files_close(&f);
	return alive;
}

static bool
any_has_alive(struct view *v, int connection)
{
	each_server(s, &v->registry)
		if (set_has(&s->serves, connection) && s->pidfd >= 0 &&
		    eyes_on(v, s->pid) &&
		    has_alive(v, s, v->registry.connection[connection].id))
			return true;
	return false;
}

/* In a child: with it whatever it has open is closed, whenever it dies. */
static bool
is_shown_by_device(struct view *v, int connection)
{
	v->eyes.shown = false;
	if (fdinfo_tells_device() && eyes_open_apart(v)) {
		v->eyes.shown = any_has_alive(v, connection);
		eyes_close();
	}
	return v->eyes.shown;
}

/* Pins ----------------------------------------------------------------------- */

/* What shows it before and after the files were opened shows what was opened. */
static void
pin(struct view *v, int connection)
{
	struct connection *c = &v->registry.connection[connection];
	struct fusectl_pin new;
	pid_t pid;

	if (c->over || c->pin.door != FUSECTL_NONE)
		return;
	pid = who_sees(v, connection);
	if (fusectl_open(&v->fusectl, c->id, &new) == FUSECTL_NONE)
		return;
	if (pid != 0 ? is_mounted_for(v->people.proc, pid, c->id) :
		       is_shown_by_device(v, connection))
		c->pin = new;
	else
		fusectl_close(&new);
}

void
pin_ours(struct view *v)
{
	struct set ours = registry_ours(&v->registry);

	if (set_is_empty(&ours))
		return;
	fusectl_prepare(&v->fusectl);
	set_each(i, &ours)
		pin(v, i);
}
