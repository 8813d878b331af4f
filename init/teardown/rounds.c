/* Which clients are told to end first, and which later. */
#include <signal.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/base/text.h"
#include "src/fuse/eyes.h"
#include "src/proc/process.h"
#include "src/proc/task.h"

#define GENERATIONS 64

bool
teardown_is_client(struct teardown *td, pid_t pid)
{
	return !registry_server(&td->view->registry, pid) &&
	    !helpers_have(&td->helpers, pid) &&
	    !supervisors_have(&td->supervisors, pid);
}

/* False if there is no room. */
static bool
add(struct numbers *numbers, uint32_t number)
{
	return numbers_add(numbers, number) || numbers_have(numbers, number);
}

static pid_t
parent_of(struct view *v, pid_t pid)
{
	unsigned long long started;
	pid_t parent;

	if (!eyes_on(v, pid) ||
	    task_origin(v->people.proc, pid, &parent, &started) < 0 ||
	    people_top(&v->people, parent))
		return 0;
	return parent;
}

static bool
add_line(struct teardown *td, pid_t pid)
{
	bool all = true;

	for (int i = 0; i < GENERATIONS && pid != 0; i++) {
		all &= add(&td->clients.holders, (uint32_t)pid);
		pid = parent_of(td->view, pid);
	}
	return all;
}

/*
 * Who holds its terminal: the first of its session, and the ancestors of that, as
 * tmux, sshd and script. When one of these ends the others get SIGHUP, and one
 * that has something to do at SIGTERM may not come to it. Its own ancestors may
 * be whom the first waits for.
 */
static bool
add_holders(struct teardown *td, pid_t pid)
{
	int proc = td->view->people.proc;
	pid_t leader = task_terminal(proc, pid);

	if (leader == 0 || people_top(&td->view->people, leader) ||
	    !task_takes(proc, pid, SIGTERM))
		return true;
	return add_line(td, parent_of(td->view, pid)) &&
	    (leader == pid || add_line(td, leader));
}

/* The inode of the pipe that is its standard input, or 0. */
static uint32_t
pipe_read_by(struct view *v, pid_t pid)
{
	char link[24]; /* "pipe:[4294967295]" */
	const char *number;
	unsigned long long inode;

	if (proc_link(v->people.proc, link, sizeof(link), "%d/fd/0", pid) < 0)
		return 0;
	number = text_after(link, "pipe:[");
	return number && digits(number, UINT32_MAX, &inode) ? (uint32_t)inode :
							      0;
}

/* Those of the pipes that it can write to. */
static bool
add_written(struct teardown *td, pid_t pid)
{
	struct clients *c = &td->clients;
	struct proc_files f;
	unsigned long long inode;
	bool all = true;

	for (proc_files_open(&f, td->view->people.proc, pid);
	     proc_files_next(&f);) {
		const char *number = text_after(f.link, "pipe:[");

		if (number && digits(number, UINT32_MAX, &inode) &&
		    numbers_have(&c->pipes, (uint32_t)inode) &&
		    proc_file_writes(&f))
			all &= add(&c->written, (uint32_t)inode);
	}
	return all;
}

static bool
note_ties(struct teardown *td, pid_t pid)
{
	uint32_t pipe = pipe_read_by(td->view, pid);

	return add_holders(td, pid) &&
	    (pipe == 0 || add(&td->clients.pipes, pipe));
}

/*
 * A reader, as tee in `app | tee log`, ends by itself when those who write have.
 * What cannot be looked at is first.
 */
static bool
note_unless_reader(struct teardown *td, pid_t pid)
{
	struct clients *c = &td->clients;

	if (c->written.count > 0 && eyes_on(td->view, pid) &&
	    numbers_have(&c->written, pipe_read_by(td->view, pid)))
		return true;
	return add(&c->first, (uint32_t)pid);
}

/* False if `note` has had no room for one. */
static bool
each_client(struct teardown *td, bool (*note)(struct teardown *td, pid_t pid),
    bool looks)
{
	struct people_walk w;
	bool all = true;

	for (people_open(&w, &td->view->people); people_next(&w);)
		if (teardown_is_client(td, w.pid) &&
		    (!looks || eyes_on(td->view, w.pid)))
			all &= note(td, w.pid);
	return all;
}

static void
empty(struct numbers *n)
{
	if (n->count > 0)
		*n = (struct numbers){ .count = 0 };
}

void
teardown_note_first(struct teardown *td)
{
	struct clients *c = &td->clients;
	bool all;

	empty(&c->first);
	empty(&c->holders);
	empty(&c->pipes);
	empty(&c->written);
	c->told_apart = false;
	if (!registry_any_ours(&td->view->registry) || !eyes_open(td->view))
		return;
	all = each_client(td, note_ties, true);
	if (c->pipes.count > 0)
		all &= each_client(td, add_written, true);
	all &= each_client(td, note_unless_reader, false);
	c->told_apart = all; /* and it has come to its end */
	eyes_close();
}

/* It may wait for what it has started: a client that was told, or a server. */
static bool
may_wait(struct teardown *td, pid_t pid)
{
	return teardown_is_client(td, pid) ?
	    teardown_is_first(td, pid) :
	    !supervisors_have(&td->supervisors, pid);
}

/* So nobody tells that. */
static bool
note_if_awaited(struct teardown *td, pid_t pid)
{
	pid_t parent = pid;

	if (teardown_is_first(td, pid))
		return true;
	for (int i = 0; i < GENERATIONS; i++) {
		parent = parent_of(td->view, parent);
		if (parent == 0)
			return true;
		if (may_wait(td, parent))
			return add(&td->clients.first, (uint32_t)pid);
	}
	return true;
}

void
teardown_note_later(struct teardown *td)
{
	if (!td->clients.told_apart || !eyes_open(td->view))
		return;
	(void)each_client(td, note_if_awaited, true);
	eyes_close();
}

bool
teardown_is_first(const struct teardown *td, pid_t pid)
{
	const struct clients *c = &td->clients;

	return !c->told_apart ||
	    (numbers_have(&c->first, (uint32_t)pid) &&
		!numbers_have(&c->holders, (uint32_t)pid));
}

void
teardown_note_told(struct teardown *td, pid_t pid)
{
	(void)add(&td->clients.first, (uint32_t)pid);
}

bool
teardown_is_told(const struct teardown *td, pid_t pid)
{
	return !td->clients.told_apart ||
	    numbers_have(&td->clients.first, (uint32_t)pid);
}
