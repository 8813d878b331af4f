#include "doctor/look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "doctor/drives.h"
#include "doctor/eyes.h"
#include "doctor/picture.h"
#include "doctor/reapers.h"
#include "doctor/tasks.h"
#include "src/base/clock.h"
#include "src/base/text.h"

#define FUSECTL_MAGIC 0x65735543 /* fs/fuse/control.c */
#define FUSECTL "/sys/fs/fuse/connections"
#define PEEKS 10
#define PEEK_MS 2
#define FIRST_NAMESPACE 4026531836U /* PROC_PID_INIT_INO, fs/proc/namespaces */

int
look_open(struct sources *s, const char **what)
{
	struct statfs fs;

	*what = "/proc";
	fusectl_init(&s->fusectl);
	s->proc = proc_open();
	if (s->proc < 0)
		return -1;
	fusectl_prepare(&s->fusectl);
	if (s->fusectl.private < 0) {
		s->fusectl.visible =
		    open(FUSECTL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->fusectl.visible >= 0 &&
		    (fstatfs(s->fusectl.visible, &fs) < 0 ||
			fs.f_type != FUSECTL_MAGIC)) {
			close(s->fusectl.visible);
			s->fusectl.visible = -1;
		}
	}
	return 0;
}

static int
list_processes(struct picture *p, int proc)
{
	struct proc_dir all;
	int pid;

	if (proc_dir_open(&all, proc, ".") < 0)
		return -1;
	while (proc_dir_next(&all, &pid)) {
		if (pid == p->sight.self)
			continue;
		if (p->tasks.processes == PROCESSES) {
			p->sight.cut++;
			continue;
		}
		p->tasks.process[p->tasks.processes++] =
		    (struct process){ .pid = pid };
	}
	return 0;
}

static unsigned
waiting(const struct fusectl *fusectl, unsigned id)
{
	int requests = fusectl_peek(fusectl, id);

	return requests > 0 ? (unsigned)requests : 0;
}

/*
 * A drive that works has requests in flight, too, and none in between: only what
 * is seen at each of several peeks has not been answered.
 */
static void
peek_again(struct picture *p, const struct fusectl *fusectl)
{
	for (int peek = 0; peek < PEEKS; peek++) {
		bool any = false;

		for (int i = 0; i < p->drives.connections; i++) {
			struct connection *c = &p->drives.connection[i];
			unsigned now;

			if (c->waiting == 0)
				continue;
			now = waiting(fusectl, c->id);
			c->waiting = now < c->waiting ? now : c->waiting;
			any = true;
		}
		if (!any)
			return;
		(void)poll(NULL, 0, PEEK_MS);
	}
}

static void
list_connections(struct picture *p, const struct fusectl *fusectl)
{
	int root = fusectl->private >= 0 ? fusectl->private : fusectl->visible;
	struct proc_dir all;
	int id;

	if (root < 0 || proc_dir_open(&all, root, ".") < 0)
		return;
	p->sight.told = true;
	while (proc_dir_next(&all, &id))
		if (p->drives.connections == CONNECTIONS)
			p->sight.cut++;
		else
			p->drives.connection[p->drives.connections++] =
			    (struct connection){
				    .id = (unsigned)id,
				    .waiting = waiting(fusectl, (unsigned)id),
			    };
	peek_again(p, fusectl);
}

static long
request_timeout(int proc)
{
	char text[32];

	/* sys is a part of procfs, and never another mount. */
	return proc_read(proc, text, sizeof(text),
		   "sys/fs/fuse/default_request_timeout") > 0 ?
	    atol(text) :
	    -1;
}

/*
 * Who may read the links of a process with all capabilities may read everybody's
 * (ptrace(2), "Ptrace access mode checking"). kthreadd is one, always PID 2 of
 * the first namespace, and never in execve(2); PID 1 may have a profile of its
 * own. In another namespace it is PID 1, which may be us.
 */
static bool
reads_others(const struct picture *p)
{
	pid_t pid = p->sight.first ? 2 : 1;

	for (int i = 0; i < p->tasks.processes; i++)
		if (p->tasks.process[i].pid == pid)
			return p->tasks.process[i].unseen ||
			    p->tasks.process[i].pid_namespace != 0;
	return p->sight.self == pid;
}

static bool
is_any_dying(const struct picture *p)
{
	for (int i = 0; i < p->tasks.namespaces; i++)
		if (p->tasks.namespace[i].dying)
			return true;
	return false;
}

int
look(const struct sources *s, struct picture *p)
{
	long long began = now_ms();
	char name[32];
	unsigned long long id = 0;

	/* Its pages go back; zero ones come. */
	p->tasks.processes = p->tasks.namespaces = p->tasks.threads =
	    p->drives.mounts = 0;
	p->drives.holders = p->drives.connections = p->sight.cut = 0;
	p->sight.told = p->sight.stacks = false;
	p->sight.self = getpid();
	if (proc_link(s->proc, name, sizeof(name), "self/ns/pid") > 0)
		(void)digits(name + strcspn(name, "[") + 1, UINT_MAX, &id);
	p->sight.pid_namespace = (unsigned)id;
	p->sight.first = p->sight.pid_namespace == FIRST_NAMESPACE;
	if (list_processes(p, s->proc) < 0)
		return -1;
	if (eyes_look(p, tasks_look, s->proc) < 0)
		return -1;
	tasks_settle(p, s->proc);
	p->sight.reads_others = reads_others(p);
	if (is_any_dying(p) && eyes_look(p, reapers_look, s->proc) < 0)
		return -1;
	p->sight.timeout = request_timeout(s->proc);
	if (p->tasks.threads > 0) {
		list_connections(p, &s->fusectl);
		if (drives_look(p, s->proc) < 0)
			return -1;
	}
	p->sight.taken_ms = now_ms() - began;
	return 0;
}
