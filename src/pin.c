#include "src/pin.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "src/connection.h"
#include "src/format.h"
#include "src/fusectl.h"
#include "src/mountinfo.h"
#include "src/population.h"
#include "src/procfs.h"

struct presence {
	unsigned id;
	bool found;
};

static bool
find_presence(const struct mount *m, void *context)
{
	struct presence *p = context;

	p->found |= mount_is_fuse(m) && mount_connection(m) == p->id;
	return !p->found;
}

static bool
is_mounted_for(int proc, pid_t pid, unsigned id)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));
	struct presence presence = { .id = id };
	int fd;

	text_format(&t, "%d/mountinfo", pid);
	fd = proc_openat(proc, path, 0);
	if (fd < 0)
		return false;
	(void)mountinfo_read(fd, find_presence, &presence);
	close(fd);
	return presence.found;
}

/* Whose mounts show connection `connection`: ours, a server's; 0: nobody's. */
static pid_t
who_sees(const struct registry *r, const struct population *p, int connection)
{
	unsigned id = r->connection[connection].id;

	if (is_mounted_for(p->proc, p->self, id))
		return p->self;
	for (int i = 0; i < SERVERS; i++)
		if (r->server[i].pid != 0 &&
		    (r->server[i].connections & UINT64_C(1) << connection) &&
		    is_mounted_for(p->proc, r->server[i].pid, id))
			return r->server[i].pid;
	return 0;
}

void
pin_connection(struct registry *r, const struct population *p,
    const struct fusectl *fusectl, int connection)
{
	struct connection *c = &r->connection[connection];
	pid_t pid;

	if (fusectl_gone(&c->pin)) {
		fusectl_close(&c->pin);
		c->aborted = false; /* that was the one before */
	}
	if (c->pin.door != FUSECTL_NONE)
		return;
	pid = who_sees(r, p, connection);
	if (pid == 0 ||
	    fusectl_open(fusectl, c->id, p->proc, &c->pin) == FUSECTL_NONE)
		return;
	if (!is_mounted_for(p->proc, pid, c->id))
		fusectl_close(&c->pin);
}
