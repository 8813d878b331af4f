#include "src/helper.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/connection.h"
#include "src/population.h"
#include "src/procfs.h"
#include "src/socket_peer.h"

#define TIES 256   /* pipes and sockets of all servers */
#define DEEPEST 32 /* generations below a server */

struct search {
	struct helpers *helpers;
	struct registry *registry;
	const struct population *population;
	const char *const *keep;
	unsigned long pipe[TIES];   /* inodes: a server writes it */
	unsigned long socket[TIES]; /* inodes: the peer is a server's */
	int pipes, sockets;
	int diag;
	uint64_t serves; /* what the server above serves */
	int depth;
	pid_t candidate;
	bool tied;
};

bool
helpers_have(const struct helpers *h, pid_t pid)
{
	for (int i = 0; i < h->count; i++)
		if (h->pid[i] == pid)
			return true;
	return false;
}

/* "pipe:[4711]" -> 4711; 0 if it is something else. */
static unsigned long
inode_of(const char *link, const char *kind)
{
	size_t length = strlen(kind);

	if (strncmp(link, kind, length) != 0)
		return 0;
	return strtoul(link + length, NULL, 10);
}

static bool
contains(const unsigned long *set, int count, unsigned long inode)
{
	for (int i = 0; i < count; i++)
		if (set[i] == inode)
			return true;
	return false;
}

static bool descend(int pid, void *context);

static void
add(struct search *s, pid_t pid)
{
	struct helpers *h = s->helpers;

	if (helpers_have(h, pid) || h->count == HELPERS)
		return;
	h->pid[h->count++] = pid;
	if (s->depth++ < DEEPEST)
		proc_each_child(s->population->proc, pid, descend, s);
	s->depth--;
}

static bool
descend(int pid, void *context)
{
	struct search *s = context;
	struct server *server = registry_server(s->registry, pid);

	if (server) {
		server->second = true;
		server->connections |= s->serves; /* by inheritance */
	} else if (registry_used_by(s->registry, s->population->proc, pid) == 0)
		add(s, pid);
	return true;
}

/* What a server writes to and is connected to. */
static bool
note_tie(const struct proc_file *file, void *context)
{
	struct search *s = context;
	unsigned long inode = inode_of(file->link, "pipe:[");
	unsigned long peer;

	if (inode != 0 && s->pipes < TIES && proc_file_writes(file))
		s->pipe[s->pipes++] = inode;
	inode = inode_of(file->link, "socket:[");
	if (inode == 0 || s->sockets == TIES || s->diag < 0)
		return true;
	peer = socket_peer(s->diag, inode);
	if (peer != 0)
		s->socket[s->sockets++] = peer;
	return true;
}

static bool
look_for_tie(const struct proc_file *file, void *context)
{
	struct search *s = context;
	unsigned long inode = inode_of(file->link, "pipe:[");

	if (inode != 0 && contains(s->pipe, s->pipes, inode) &&
	    proc_file_reads(file))
		s->tied = true;
	inode = inode_of(file->link, "socket:[");
	if (inode != 0 && contains(s->socket, s->sockets, inode))
		s->tied = true;
	return !s->tied;
}

static bool
is_server(int child, void *context)
{
	struct search *s = context;

	if (registry_server(s->registry, child))
		s->tied = false;
	return s->tied;
}

static bool
is_kept(const struct search *s, pid_t pid)
{
	char comm[COMM_SIZE];

	if (!s->keep || !s->keep[0])
		return false;
	proc_comm(s->population->proc, pid, comm);
	for (int i = 0; s->keep[i]; i++)
		if (strncmp(s->keep[i], comm, COMM_SIZE - 1) == 0)
			return true;
	return false;
}

static enum visit
look_at_process(pid_t pid, int pidfd, void *context)
{
	struct search *s = context;
	int proc = s->population->proc;

	(void)pidfd;
	if (registry_server(s->registry, pid) || helpers_have(s->helpers, pid))
		return VISIT_NEXT;
	if (is_kept(s, pid)) {
		add(s, pid);
		return VISIT_NEXT;
	}
	s->tied = false;
	proc_each_file(proc, pid, look_for_tie, s);
	if (s->tied)
		proc_each_child(proc, pid, is_server, s);
	if (s->tied && registry_used_by(s->registry, proc, pid) == 0)
		add(s, pid);
	return VISIT_NEXT;
}

void
helpers_find(struct helpers *h, struct registry *r,
    const struct population *population, const char *const *keep)
{
	struct search s = {
		.keep = keep,
		.helpers = h,
		.registry = r,
		.population = population,
	};

	h->count = 0;
	s.diag = socket_peer_open();
	for (int i = 0; i < SERVERS; i++)
		r->server[i].second = false;
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0) {
			s.serves = r->server[i].connections;
			proc_each_child(population->proc, r->server[i].pid,
			    descend, &s);
			proc_each_file(population->proc, r->server[i].pid,
			    note_tie, &s);
		}
	if (s.pipes > 0 || s.sockets > 0 || (keep && keep[0]))
		(void)population_each(population, look_at_process, &s);
	if (s.diag >= 0)
		close(s.diag);
}
