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
		if (pid == p->self)
			continue;
		if (p->processes == PROCESSES) {
			p->cut++;
			continue;
		}
		p->process[p->processes++] = (struct process){ .pid = pid };
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

		for (int i = 0; i < p->connections; i++) {
			struct connection *c = &p->connection[i];
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
	p->told = true;
	while (proc_dir_next(&all, &id))
		if (p->connections == CONNECTIONS)
			p->cut++;
		else
			p->connection[p->connections++] = (struct connection){
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

int
look(const struct sources *s, struct picture *p)
{
	long long began = now_ms();
	char name[32];
	unsigned long long id = 0;

	/* Its pages go back; zero ones come. */
	p->processes = p->namespaces = p->threads = p->mounts = 0;
	p->holders = p->connections = p->cut = 0;
	p->told = p->stacks = false;
	p->self = getpid();
	if (proc_link(s->proc, name, sizeof(name), "self/ns/pid") > 0)
		(void)digits(name + strcspn(name, "[") + 1, UINT_MAX, &id);
	p->pid_namespace = (unsigned)id;
	p->sees_all = p->pid_namespace == FIRST_NAMESPACE;
	if (list_processes(p, s->proc) < 0)
		return -1;
	eyes_look(p, tasks_look, s->proc);
	tasks_settle(p, s->proc);
	p->timeout = request_timeout(s->proc);
	if (p->threads > 0) {
		list_connections(p, &s->fusectl);
		drives_look(p, s->proc);
	}
	p->taken_ms = now_ms() - began;
	return 0;
}
