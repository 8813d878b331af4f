#include "doctor/drives.h"

#include <fcntl.h>
#include <unistd.h>

#include "doctor/cause.h"
#include "doctor/eyes.h"
#include "doctor/locks.h"
#include "doctor/loops.h"
#include "doctor/picture.h"
#include "doctor/threads.h"
#include "src/base/numbers.h"
#include "src/proc/fdinfo.h"
#include "src/proc/mountinfo.h"
#include "src/proc/process.h"

static void
note_mounts(struct picture *p, int fd, unsigned mnt_namespace)
{
	const struct mount *mount;
	struct mounts m;

	(void)mounts_open(&m, fd);
	while ((mount = mounts_next(&m)) != NULL) {
		struct mounted *noted = &p->drives.mounted[p->drives.mounts];

		if (!mount_is_fuse(mount))
			continue;
		if (p->drives.mounts == MOUNTS) {
			p->sight.cut++;
			return;
		}
		noted->mnt_namespace = mnt_namespace;
		noted->connection = mount_connection(mount);
		keep(noted->type, sizeof(noted->type), mount->type);
		keep(noted->point, sizeof(noted->point), mount->point);
		p->drives.mounts++;
	}
}

/* Once for each namespace: by the first of its threads whose list opens. */
static void
look_at_mounts(struct picture *p, int proc, int process)
{
	static struct numbers
	    seen; /* the child's own; a later one reads again */
	const struct process *of = &p->tasks.process[process];
	struct proc_dir tasks;
	int tid, fd = -1;

	if (of->mnt_namespace == 0 || numbers_have(&seen, of->mnt_namespace))
		return;
	proc_dir_open(&tasks, proc, "%d/task", of->pid);
	while (fd < 0 && proc_dir_next(&tasks, &tid))
		fd = proc_openat(proc, O_RDONLY, "%d/task/%d/mountinfo",
		    of->pid, tid);
	proc_dir_close(&tasks);
	if (fd < 0)
		return;
	(void)numbers_add(&seen, of->mnt_namespace);
	note_mounts(p, fd, of->mnt_namespace);
	close(fd);
}

static void
note_holder(struct picture *p, int process, unsigned connection)
{
	if (p->drives.holders == HOLDERS) {
		p->sight.cut++;
		return;
	}
	p->drives.holder[p->drives.holders++] = (struct holder){
		.process = process,
		.connection = connection,
		.mnt_namespace = p->tasks.process[process].mnt_namespace,
	};
}

static void
look_at_files(struct picture *p, int proc, int process)
{
	struct proc_files f;
	unsigned id;

	for (proc_files_open(&f, proc, p->tasks.process[process].pid);
	     proc_files_next(&f);)
		switch (fdinfo_device(&f, &id)) {
		case DEVICE_NOT:
		case DEVICE_IDLE:
			break;
		case DEVICE_UNTOLD:
			note_holder(p, process, 0);
			break;
		case DEVICE_SERVES:
			note_holder(p, process, id);
			break;
		}
}

static void
look_at_process(struct picture *p, int proc, int process)
{
	look_at_mounts(p, proc, process);
	look_at_files(p, proc, process);
}

/*
 * The link of its namespace cannot be read. Instead, the first mount that it
 * sees: that is in no other namespace, and its id is smaller than any of those.
 */
static void
note_namespace_by_mount(struct picture *p, int proc, int process)
{
	struct process *of = &p->tasks.process[process];
	int fd = proc_openat(proc, O_RDONLY, "%d/mountinfo", of->pid);
	const struct mount *first;
	struct mounts m;

	if (fd < 0)
		return;
	(void)mounts_open(&m, fd);
	first = mounts_next(&m);
	if (first)
		of->mnt_namespace = (unsigned)first->id;
	close(fd);
}

/*
 * In execve(2) it may be a server that lives, and lives with its mounts. Its
 * fdinfo and its mountinfo make nobody wait. Who is killed there is ending.
 */
static void
look_at_unseen(struct picture *p, int proc, int process)
{
	pid_t pid = p->tasks.process[process].pid;
	struct proc_dir files;
	unsigned id;
	int number;

	if (threads_killed(proc, pid))
		return;
	if (p->tasks.process[process].mnt_namespace == 0)
		note_namespace_by_mount(p, proc, process);
	look_at_mounts(p, proc, process);
	proc_dir_open(&files, proc, "%d/fdinfo", pid);
	while (proc_dir_next(&files, &number))
		if (fdinfo_connection(proc, pid, number, &id))
			note_holder(p, process, id);
}

/* Does that mount namespace see a connection with requests unanswered? */
static bool
sees_requests(const struct picture *p, unsigned mnt_namespace)
{
	const struct connection *c;

	for (int i = 0; i < p->drives.mounts; i++)
		if (p->drives.mounted[i].mnt_namespace == mnt_namespace &&
		    (c = picture_connection(p,
			 p->drives.mounted[i].connection)) &&
		    c->waiting > 0)
			return true;
	return false;
}

/*
 * In a page fault, or at an inode's lock, no function of a filesystem need be
 * among those that the thread is in.
 */
static void
look_for_fuse(struct picture *p)
{
	for (int i = 0; i < p->tasks.threads; i++) {
		struct thread *t = &p->tasks.thread[i];

		if (t->cause == CAUSE_OTHER &&
		    cause_may_be_behind(t->waits.function) &&
		    sees_requests(p,
			p->tasks.process[t->process].mnt_namespace))
			t->cause = CAUSE_BEHIND;
	}
}

int
drives_look(struct picture *p, int proc)
{
	if (eyes_look(p, look_at_process, proc) < 0 ||
	    eyes_look_at_unseen(p, look_at_unseen, proc) < 0)
		return -1;
	look_for_fuse(p);
	locks_follow(p);
	loops_follow(p);
	return 0;
}
