#include "src/mounts.h"

#include <stdint.h>
#include <string.h>

#include "src/connection.h"
#include "src/mountinfo.h"

struct reading {
	struct registry *registry;
	bool unserved;
	pid_t seen_by;
};

static void
add_mount(struct registry *r, const struct mount *m, int connection,
    pid_t seen_by)
{
	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].id == m->id)
			return;
	if (r->mounts == MOUNTS) {
		r->overflow = true;
		return;
	}
	r->mount[r->mounts++] = (struct fuse_mount){
		.id = m->id,
		.parent = m->parent,
		.number = mount_connection(m),
		.connection = connection,
		.seen_by = seen_by,
	};
}

static void
mark_foreign_seen(struct registry *r, unsigned id)
{
	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign[i] == id)
			r->foreign_seen[i] = true;
}

static bool
read_mount(const struct mount *m, void *context)
{
	struct reading *reading = context;
	struct registry *r = reading->registry;
	unsigned id = mount_connection(m);
	int connection;

	if (!mount_is_fuse(m))
		return true;
	connection = registry_find(r, id);
	if (connection < 0 && m->propagated)
		registry_add_foreign(r, id);
	mark_foreign_seen(r, id);
	if (connection < 0 && !registry_is_foreign(r, id))
		connection = registry_add(r, id);
	if (connection >= 0 && reading->seen_by == 0) {
		r->connection[connection].mounted = true;
		r->connection[connection].shared = m->shared;
	}
	if (connection >= 0 && !registry_served(r, UINT64_C(1) << connection))
		reading->unserved = true;
	add_mount(r, m, connection, reading->seen_by);
	return true;
}

/* A number that is no longer mounted may come back as another's. */
static void
forget_foreign_unseen(struct registry *r)
{
	int kept = 0;

	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign_seen[i])
			r->foreign[kept++] = r->foreign[i];
	r->foreigns = kept;
}

static void
forget_unserved_unseen(struct registry *r)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (!r->connection[i].mounted &&
		    !registry_served(r, UINT64_C(1) << i))
			registry_drop(r, i);
}

int
mounts_note(struct registry *r, int mountinfo, pid_t seen_by, bool *unserved)
{
	struct reading reading = { .registry = r, .seen_by = seen_by };
	int result = mountinfo_read(mountinfo, read_mount, &reading);

	*unserved |= reading.unserved;
	return result;
}

void
mounts_forget(struct registry *r)
{
	r->mounts = 0;
	memset(r->foreign_seen, 0, sizeof(r->foreign_seen));
	for (int i = 0; i < CONNECTIONS; i++)
		r->connection[i].mounted = false;
}

void
mounts_settle(struct registry *r)
{
	forget_foreign_unseen(r);
	forget_unserved_unseen(r);
}
