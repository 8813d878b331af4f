#include "src/baseline.h"

#include <stdbool.h>
#include <unistd.h>

#include "src/connection.h"
#include "src/device.h"
#include "src/mountinfo.h"
#include "src/procfs.h"

static void
not_foreign(struct registry *r, unsigned id)
{
	int connection;

	for (int i = 0; i < r->foreigns; i++)
		if (r->foreign[i] == id)
			r->foreign[i] = r->foreign[--r->foreigns];
	connection = registry_add(r, id);
	if (connection >= 0)
		r->connection[connection].mounted = true;
}

struct inheritance {
	struct registry *registry;
	int proc;
};

static bool
look_at_inherited(const struct proc_file *file, void *context)
{
	struct inheritance *i = context;
	struct registry *r = i->registry;
	unsigned id;

	switch (device_look(i->proc, file, &id)) {
	case DEVICE_NOT:
	case DEVICE_IDLE:
		break;
	case DEVICE_UNTOLD:
		if (r->foreigns == 1)
			not_foreign(r, r->foreign[0]);
		break;
	case DEVICE_SERVES:
		not_foreign(r, id);
		break;
	}
	return true;
}

void
baseline_mount(struct registry *r, const struct mount *m)
{
	if (mount_is_fuse(m))
		registry_add_foreign(r, mount_connection(m));
}

void
baseline_inherited(struct registry *r, int proc)
{
	struct inheritance i = { r, proc };

	if (r->foreigns > 0)
		(void)proc_each_file(proc, getpid(), look_at_inherited, &i);
}
