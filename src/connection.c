#include "src/connection.h"

#include <stddef.h>
#include <unistd.h>

#include "src/fdinfo.h"
#include "src/population.h"
#include "src/stuck.h"

int
registry_find(const struct registry *r, unsigned id)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].used && r->connection[i].id == id)
			return i;
	return -1;
}

int
registry_add(struct registry *r, unsigned id)
{
	int found = registry_find(r, id);

	if (found >= 0)
		return found;
	for (int i = 0; i < CONNECTIONS; i++)
		if (!r->connection[i].used) {
			r->connection[i] = (struct connection){
				.id = id,
				.used = true,
			};
			return i;
		}
	r->overflow = true;
	return -1;
}

int
registry_descriptors(const struct registry *r, int *list)
{
	int count = 0;

	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0)
			list[count++] = r->server[i].pidfd;
	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].pin.door != FUSECTL_NONE) {
			list[count++] = r->connection[i].pin.abort;
			list[count++] = r->connection[i].pin.waiting;
		}
	return count;
}

void
registry_drop(struct registry *r, int connection)
{
	fusectl_close(&r->connection[connection].pin);
	r->connection[connection].used = false;
}

bool
registry_is_foreign(const struct registry *r, unsigned id)
{
	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign[i] == id)
			return true;
	return false;
}

void
registry_add_foreign(struct registry *r, unsigned id)
{
	if (registry_is_foreign(r, id))
		return;
	if (r->foreigns == FOREIGN) {
		r->overflow = true;
		return;
	}
	r->foreign_seen[r->foreigns] = true;
	r->foreign[r->foreigns++] = id;
}

struct server *
registry_server(struct registry *r, pid_t pid)
{
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid == pid)
			return &r->server[i];
	return NULL;
}

struct server *
registry_add_server(struct registry *r, pid_t pid, int pidfd, bool *taken)
{
	struct server *s = registry_server(r, pid);

	*taken = false;
	if (s)
		return s;
	s = registry_server(r, 0); /* a free one */
	if (!s) {
		r->overflow = true;
		return NULL;
	}
	*s = (struct server){
		.pid = pid,
		.pidfd = pidfd,
		.newness = ++r->newest,
	};
	*taken = pidfd >= 0;
	return s;
}

static bool
is_dead(const struct server *s, const struct population *p)
{
	return population_dead(p, s->pid, s->pidfd) ||
	    (s->pidfd < 0 && !s->seen && !stuck_has_exited(p->proc, s->pid));
}

void
registry_forget_dead(struct registry *r, const struct population *p)
{
	for (int i = 0; i < SERVERS; i++) {
		struct server *s = &r->server[i];

		if (s->pid == 0 || !is_dead(s, p))
			continue;
		if (s->pidfd >= 0)
			close(s->pidfd);
		s->pid = 0;
	}
}

uint64_t
registry_ours(const struct registry *r)
{
	uint64_t ours = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].used && r->connection[i].ours)
			ours |= UINT64_C(1) << i;
	return ours;
}

uint64_t
registry_open(const struct registry *r)
{
	uint64_t open = registry_ours(r);

	for (int i = 0; i < CONNECTIONS; i++)
		if (r->connection[i].aborted)
			open &= ~(UINT64_C(1) << i);
	return open;
}

bool
registry_served(const struct registry *r, uint64_t connections)
{
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 &&
		    (r->server[i].connections & connections))
			return true;
	return false;
}

bool
registry_serves(const struct registry *r, pid_t pid)
{
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid == pid)
			return (r->server[i].connections & registry_ours(r)) !=
			    0;
	return false;
}

struct use {
	const struct registry *registry;
	int proc;
	uint64_t connections;
	unsigned number;
};

static bool
add_use(const struct proc_file *file, void *context)
{
	struct use *use = context;
	const struct registry *r = use->registry;
	struct proc_fdinfo info;

	/* Pipes, sockets and the like are on no mount that anybody sees. */
	if (file->link[0] != '/' ||
	    proc_fdinfo(use->proc, file->pid, file->number, &info) < 0)
		return true;
	for (int i = 0; i < r->mounts; i++) {
		if (r->mount[i].id != info.mount)
			continue;
		use->number = r->mount[i].number;
		if (r->mount[i].connection >= 0)
			use->connections |= UINT64_C(1)
			    << r->mount[i].connection;
	}
	return true;
}

uint64_t
registry_used_by(const struct registry *r, int proc, pid_t pid)
{
	struct use use = { .registry = r, .proc = proc };

	if (r->mounts > 0)
		(void)proc_each_file(proc, pid, add_use, &use);
	return use.connections & registry_ours(r);
}

unsigned
registry_number_used_by(const struct registry *r, int proc, pid_t pid)
{
	struct use use = { .registry = r, .proc = proc };

	if (r->mounts > 0)
		(void)proc_each_file(proc, pid, add_use, &use);
	return use.number;
}
