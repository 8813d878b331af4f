#include "src/fuse/helper.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "src/base/numbers.h"
#include "src/base/text.h"
#include "src/fuse/eyes.h"
#include "src/fuse/use.h"
#include "src/fuse/view.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"
#include "src/proc/socket_peer.h"
#include "src/proc/task.h"

#define DEEPEST 32 /* generations below a server */
#define ROUNDS 8   /* whom it needs, whom those need, and so on */

bool
helpers_have(const struct helpers *h, pid_t pid)
{
	for (int i = 0; i < h->count; i++)
		if (h->pid[i] == pid)
			return true;
	return false;
}

/* False if it was known, or there is no room. */
static bool
add(struct helpers *h, pid_t pid)
{
	if (helpers_have(h, pid) || h->count == HELPERS)
		return false;
	h->pid[h->count++] = pid;
	return true;
}

static bool
has_server_below(struct view *v, pid_t pid, int depth)
{
	struct proc_children c;
	pid_t child;
	bool found = false;

	for (proc_children_open(&c, v->people.proc, pid);
	     !found && proc_children_next(&c, &child);)
		found = registry_server(&v->registry, child) ||
		    (depth < DEEPEST && has_server_below(v, child, depth + 1));
	proc_children_close(&c);
	return found;
}

/* What a server started ------------------------------------------------------ */

/* What it forked once it was a server, and no program that it is the rest of. */
static bool
is_younger(struct view *v, pid_t pid, const struct server *s)
{
	unsigned long long started;
	pid_t parent;

	return task_origin(v->people.proc, pid, &parent, &started) == 0 &&
	    started > s->found_at;
}

static bool
uses_nothing(struct view *v, pid_t pid)
{
	struct set used = use_of_all_kinds(v, pid);

	return set_is_empty(&used);
}

/* Does one that a server, or its helper, has started belong to it? */
static bool
belongs(struct view *v, pid_t child, const struct server *s)
{
	return eyes_on(v, child) && (!s || is_younger(v, child, s)) &&
	    uses_nothing(v, child);
}

static void
add_descendants(struct helpers *h, struct view *v, pid_t pid, int depth)
{
	const struct server *serves = registry_server(&v->registry, pid);
	struct proc_children c;
	pid_t child;

	for (proc_children_open(&c, v->people.proc, pid);
	     proc_children_next(&c, &child);) {
		struct server *s = registry_server(&v->registry, child);

		if (s && serves) {
			s->second = true;
			set_join(&s->serves,
			    &serves->serves); /* by inheritance */
		} else if (!s && belongs(v, child, serves) && add(h, child) &&
		    depth < DEEPEST)
			add_descendants(h, v, child, depth + 1);
	}
}

/* Ties ----------------------------------------------------------------------- */

/*
 * What a process needs others for. It writes pipes that another reads, and has
 * connected sockets that another answers on. Not the other way round: a process
 * that is connected to a server's own service is its client. By inode, 192 KB.
 */
struct ties {
	struct numbers pipes;	/* written by servers and helpers */
	struct numbers sockets; /* their own */
	struct numbers peers; /* that those have connected to, and listeners */
	struct tcp_ports ports;
	int diag; /* -1: sockets tie nothing */
};

/*
 * Mapped: in data it would be PID 1's, and cost every fork of it. NULL where
 * there is no memory for it. The child's end frees it.
 */
static struct ties *
ties_new(void)
{
	struct ties *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		return NULL;
	t->diag = socket_peer_open();
	return t;
}

/* "pipe:[4711]" -> 4711; 0 if it is something else. */
static uint32_t
inode_of(const char *link, const char *kind)
{
	const char *number = text_after(link, kind);
	unsigned long long inode;

	if (!number || !digits(number, UINT32_MAX, &inode))
		return 0;
	return (uint32_t)inode;
}

static bool
note_file(struct ties *t, const struct proc_files *f)
{
	uint32_t inode = inode_of(f->link, "pipe:[");

	if (inode != 0)
		return proc_file_writes(f) && numbers_add(&t->pipes, inode);
	inode = inode_of(f->link, "socket:[");
	if (t->diag < 0 || !numbers_add(&t->sockets, inode))
		return false;
	(void)numbers_add(&t->peers, (uint32_t)socket_peer(t->diag, inode));
	return true;
}

/* Adds what `pid` needs others for. True if there was anything new. */
static bool
ties_note(struct ties *t, int proc, pid_t pid)
{
	struct proc_files f;
	bool more = false;

	for (proc_files_open(&f, proc, pid); proc_files_next(&f);)
		more |= note_file(t, &f);
	return more;
}

/* The TCP peers of all that was noted: those of pairs are known already. */
static void
ties_settle(struct ties *t)
{
	if (t->diag >= 0 && t->sockets.count > 0)
		tcp_peers(t->diag, &t->ports, &t->sockets, &t->peers);
}

static bool
is_tie(const struct ties *t, const struct proc_files *f)
{
	uint32_t inode = inode_of(f->link, "pipe:[");

	if (inode != 0)
		return numbers_have(&t->pipes, inode) && proc_file_reads(f);
	return numbers_have(&t->peers, inode_of(f->link, "socket:["));
}

/* Is `pid` at the other end of one? */
static bool
ties_hold(const struct ties *t, int proc, pid_t pid)
{
	struct proc_files f;
	bool tied = false;

	for (proc_files_open(&f, proc, pid); !tied && proc_files_next(&f);)
		tied = is_tie(t, &f);
	proc_files_close(&f);
	return tied;
}

/* Who is tied to one --------------------------------------------------------- */

/* A comm that is as long as one can be may have been cut. */
static bool
is_named(const char *name, const char *comm)
{
	const char *rest = text_after(name, comm);

	return rest && (*rest == '\0' || strlen(comm) == COMM_SIZE - 1);
}

static bool
is_kept(const char *const *keep, int proc, pid_t pid)
{
	char comm[COMM_SIZE];

	if (!keep[0])
		return false;
	proc_comm(proc, pid, comm);
	for (int i = 0; keep[i]; i++)
		if (is_named(keep[i], comm))
			return true;
	return false;
}

static bool
is_needed(struct view *v, const struct ties *t, pid_t pid)
{
	return t && ties_hold(t, v->people.proc, pid) &&
	    !has_server_below(v, pid, 0) && uses_nothing(v, pid);
}

static void
add_tied(struct helpers *h, struct view *v, const struct ties *t,
    const char *const *keep)
{
	struct people_walk w;

	for (people_open(&w, &v->people); people_next(&w);)
		if (!registry_server(&v->registry, w.pid) &&
		    !helpers_have(h, w.pid) && eyes_on(v, w.pid) &&
		    (is_kept(keep, v->people.proc, w.pid) ||
			is_needed(v, t, w.pid)) &&
		    add(h, w.pid))
			add_descendants(h, v, w.pid, 1);
}

/* From those that are known on: what do they need? Nothing more: false. */
static bool
note_ties(struct ties *t, const struct helpers *h, struct view *v, int *noted)
{
	bool more = false;

	if (!t)
		return false;
	for (; *noted < h->count; ++*noted)
		if (eyes_on(v, h->pid[*noted]))
			more |= ties_note(t, v->people.proc, h->pid[*noted]);
	ties_settle(t);
	return more;
}

void
helpers_find(struct helpers *h, struct view *v, const char *const *keep)
{
	struct ties *t = ties_new();
	int noted = 0, before;
	bool more = keep[0] != NULL;

	each_server(s, &v->registry)
		s->second = false;
	each_server(s, &v->registry) {
		add_descendants(h, v, s->pid, 0);
		if (t && eyes_on(v, s->pid))
			more |= ties_note(t, v->people.proc, s->pid);
	}
	more |= note_ties(t, h, v, &noted);
	for (int round = 0; more && round < ROUNDS; round++) {
		before = h->count;
		add_tied(h, v, t, keep);
		more = h->count > before && note_ties(t, h, v, &noted);
	}
}
