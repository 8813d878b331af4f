#include "src/fuse/connection.h"

#include <stddef.h>

int
registry_find(const struct registry *r, unsigned id)
{
	for (int i = 0; i < r->connections; i++)
		if (r->connection[i].used && !r->connection[i].over &&
		    r->connection[i].id == id)
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
			if (i >= r->connections)
				r->connections = i + 1;
			return i;
		}
	r->overflow = true;
	return -1;
}

void
registry_drop(struct registry *r, int connection)
{
	fusectl_close(&r->connection[connection].pin);
	r->connection[connection].used = false;
}

int
registry_descriptors(struct registry *r, int *list)
{
	int count = 0;

	each_server(s, r)
		list[count++] = s->pidfd;
	for (int i = 0; i < r->connections; i++)
		if (r->connection[i].pin.door != FUSECTL_NONE) {
			list[count++] = r->connection[i].pin.abort;
			list[count++] = r->connection[i].pin.directory;
		}
	return count;
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
registry_next_server(struct registry *r, const struct server *after)
{
	for (ptrdiff_t i = after ? after - r->server + 1 : 0; i < r->servers;
	     i++)
		if (r->server[i].pid != 0)
			return &r->server[i];
	return NULL;
}

struct server *
registry_server(struct registry *r, pid_t pid)
{
	each_server(s, r)
		if (s->pid == pid)
			return s;
	return NULL;
}

static struct server *
free_server(struct registry *r)
{
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid == 0) {
			if (i >= r->servers)
				r->servers = i + 1;
			return &r->server[i];
		}
	return NULL;
}

struct server *
registry_add_server(struct registry *r, pid_t pid, bool *added)
{
	struct server *s = registry_server(r, pid);

	*added = false;
	if (s)
		return s;
	s = free_server(r);
	if (!s) {
		r->overflow = true;
		return NULL;
	}
	*s = (struct server){
		.pid = pid,
		.pidfd = -1,
		.newness = ++r->newest,
	};
	*added = true;
	return s;
}

void
registry_find_insides(struct registry *r)
{
	for (int i = 0; i < r->mounts; i++)
		for (int j = 0; j < r->mounts; j++)
			if (r->mount[j].id == r->mount[i].parent)
				r->mount[i].inside = r->mount[j].connection;
}

struct set
registry_ours(const struct registry *r)
{
	struct set ours = { 0 };

	for (int i = 0; i < r->connections; i++)
		if (r->connection[i].used && r->connection[i].ours)
			set_add(&ours, i);
	return ours;
}

struct set
registry_open(const struct registry *r)
{
	struct set open = registry_ours(r);

	set_each(i, &open)
		if (r->connection[i].aborted || r->connection[i].over)
			set_remove(&open, i);
	return open;
}

bool
registry_any_ours(const struct registry *r)
{
	struct set ours = registry_ours(r);

	return !set_is_empty(&ours);
}

struct server *
registry_server_of(struct registry *r, int connection)
{
	each_server(s, r)
		if (set_has(&s->serves, connection))
			return s;
	return NULL;
}

struct server *
registry_server_of_any(struct registry *r, const struct set *connections)
{
	each_server(s, r)
		if (set_meets(&s->serves, connections))
			return s;
	return NULL;
}

bool
registry_serves(struct registry *r, pid_t pid)
{
	struct set ours = registry_ours(r);
	const struct server *s = registry_server(r, pid);

	return s && set_meets(&s->serves, &ours);
}
