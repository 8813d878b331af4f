#include "src/fuse/use.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/fuse/view.h"
#include "src/proc/fdinfo.h"
#include "src/proc/maps.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"

/* The mount of a connection that this file lies on, or NULL. */
static const struct fuse_mount *
mount_of(const struct registry *r, const struct proc_files *f)
{
	int id;

	/* Pipes, sockets and the like are on no mount that anybody sees. */
	if (f->link[0] != '/')
		return NULL;
	id = fdinfo_mount(f->proc, f->pid, f->number);
	for (int i = 0; i < r->mounts; i++)
		if (r->mount[i].id == id)
			return &r->mount[i];
	return NULL;
}

struct set
use_by(struct view *v, pid_t pid, unsigned *number)
{
	struct set used = { 0 }, ours = registry_ours(&v->registry);
	struct proc_files f;

	if (number)
		*number = 0;
	if (v->registry.mounts == 0)
		return used;
	for (proc_files_open(&f, v->people.proc, pid); proc_files_next(&f);) {
		const struct fuse_mount *m = mount_of(&v->registry, &f);

		if (m && m->connection >= 0)
			set_add(&used, m->connection);
		if (m && number)
			*number = m->number;
	}
	set_keep(&used, &ours);
	return used;
}

static void
add_device(struct set *used, const struct registry *r, unsigned device)
{
	int i = registry_find(r, device);

	if (i >= 0 && r->connection[i].ours)
		set_add(used, i);
}

/* What the link leads to is opened, not asked: O_PATH, and fd_look(). */
static void
add_directory(struct set *used, const struct registry *r, int process,
    const char *name)
{
	int fd = fd_open(process, name, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	add_device(used, r, fd_device(fd));
	close(fd);
}

struct set
use_of_all_kinds(struct view *v, pid_t pid)
{
	struct set used = use_by(v, pid, NULL);
	int process =
	    proc_openat(v->people.proc, O_PATH | O_DIRECTORY, "%d", pid);
	struct owner ours;
	struct maps m;
	unsigned device;

	if (process < 0)
		return used;
	owner_begin(&ours, process);
	add_directory(&used, &v->registry, process, "cwd");
	add_directory(&used, &v->registry, process, "root");
	for (maps_open(&m, v->people.proc, pid); maps_next(&m, &device);)
		add_device(&used, &v->registry, device);
	owner_end(&ours);
	close(process);
	return used;
}
