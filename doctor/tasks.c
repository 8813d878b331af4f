#include "doctor/tasks.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/cause.h"
#include "doctor/container.h"
#include "doctor/picture.h"
#include "doctor/threads.h"
#include "src/base/text.h"

/* Namespaces ----------------------------------------------------------------- */

static unsigned
namespace_of(int proc, pid_t pid, pid_t tid, const char *name)
{
	char link[32];
	unsigned long long id;

	if (proc_link(proc, link, sizeof(link), "%d/task/%d/ns/%s", pid, tid,
		name) < 0 ||
	    !digits(link + strcspn(link, "[") + 1, UINT_MAX, &id))
		return 0;
	return (unsigned)id;
}

/* 0: it is ours, or not below it. */
static unsigned
parent_of(int proc, pid_t pid)
{
	int fd, above = -1;
	char path[32];
	struct stat status;
	unsigned id = 0;

	snprintf(path, sizeof(path), "%d/ns/pid", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		above = ioctl(fd, NS_GET_PARENT);
	if (above >= 0 && fstat(above, &status) == 0)
		id = (unsigned)status.st_ino;
	if (above >= 0)
		close(above);
	if (fd >= 0)
		close(fd);
	return id;
}

static void
note_namespace(struct picture *p, int proc, const struct process *process)
{
	unsigned id = process->pid_namespace;

	if (id == 0 || id == p->sight.pid_namespace ||
	    picture_find_namespace(p, id) != NONE)
		return;
	if (p->tasks.namespaces == NAMESPACES) {
		p->sight.cut++;
		return;
	}
	p->tasks.namespace[p->tasks.namespaces] = (struct pidns){
		.id = id,
		.parent = parent_of(proc, process->pid),
		.init = NONE,
	};
	p->tasks.namespaces++; /* last: a child may be killed before */
}

/* A process ------------------------------------------------------------------ */

void
tasks_look(struct picture *p, int proc, int process)
{
	struct process *of = &p->tasks.process[process];
	struct proc_dir tasks;
	int before = p->tasks.threads, tid;

	proc_comm(proc, of->pid, of->comm);
	of->pid_namespace = namespace_of(proc, of->pid, of->pid, "pid");
	note_namespace(p, proc, of);
	of->exiting = true; /* if all of its threads are */
	proc_dir_open(&tasks, proc, "%d/task", of->pid);
	while (proc_dir_next(&tasks, &tid)) {
		of->threads++;
		if (of->mnt_namespace == 0)
			of->mnt_namespace =
			    namespace_of(proc, of->pid, tid, "mnt");
		threads_look(p, proc, process, tid);
	}
	if (p->tasks.threads == before)
		return;
	threads_look_at_leader(p, proc, process);
	if (of->inner == 1 && of->exiting)
		container_look(p, proc, process);
}

/* Who was not seen is itself somebody who waits. */
static void
note_unseen(struct picture *p, int proc, int process)
{
	if (p->tasks.threads == THREADS) {
		p->sight.cut++;
		return;
	}
	p->tasks.thread[p->tasks.threads++] = (struct thread){
		.process = process,
		.tid = p->tasks.process[process].pid,
		.state = '?',
		.cause = CAUSE_EXEC,
		.waits = { .ms = -1,
		    .runs = threads_runs(proc, p->tasks.process[process].pid,
			p->tasks.process[process].pid),
		    .function = "?" },
		.behind.thread = NONE,
	};
}

/* An outer one that ends takes the inner ones with it. */
static void
spread_dying(struct picture *p)
{
	bool more = true;

	while (more) {
		more = false;
		for (int i = 0; i < p->tasks.namespaces; i++) {
			int parent = picture_find_namespace(p,
			    p->tasks.namespace[i].parent);

			if (parent != NONE &&
			    p->tasks.namespace[parent].dying &&
			    !p->tasks.namespace[i].dying)
				more = p->tasks.namespace[i].dying = true;
		}
	}
}

void
tasks_settle(struct picture *p, int proc)
{
	for (int i = 0; i < p->tasks.processes; i++) {
		struct process *of = &p->tasks.process[i];
		int namespace;

		if (of->unseen) {
			of->exiting = false; /* not all of its threads told */
			note_unseen(p, proc, i);
		}
		if (of->inner != 1 || !of->exiting)
			continue;
		namespace = picture_find_namespace(p, of->pid_namespace);
		if (namespace != NONE) {
			p->tasks.namespace[namespace].init = i;
			p->tasks.namespace[namespace].dying = true;
		}
	}
	spread_dying(p);
}
