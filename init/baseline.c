#include "init/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "init/init.h"
#include "init/stdio.h"
#include "src/base/error.h"
#include "src/base/fd.h"
#include "src/fuse/look.h"
#include "src/fuse/whose.h"
#include "src/proc/mountinfo.h"
#include "src/proc/process.h"
#include "src/proc/procfs.h"

static void
note_mounts(struct init *init)
{
	struct mounts m;
	const struct mount *mount;

	(void)mounts_open(&m, init->view.mountinfo);
	while ((mount = mounts_next(&m)) != NULL) {
		stdio_place(&init->inherited.stdio, mount);
		whose_baseline(&init->view.registry, mount);
		if (strcmp(mount->type, "fusectl") == 0)
			fusectl_see(&init->view.fusectl, mount);
	}
}

static void
note_inherited(struct view *v)
{
	struct proc_files f;
	unsigned id = 0;

	if (v->registry.foreigns == 0)
		return;
	for (proc_files_open(&f, v->people.proc, getpid());
	     proc_files_next(&f);) {
		enum device device = fdinfo_device(&f, &id);

		whose_inherited(&v->registry, device, id);
	}
}

/*
 * A script that mounted, and then became us, has left servers. Before Linux 6.16
 * nothing tells that they are theirs and not the host's.
 */
static void
look_for_early(struct view *v)
{
	struct registry *r = &v->registry;

	if (r->foreigns == 0 || !people_exist(&v->people))
		return;
	r->changed = true; /* so that every process is looked at */
	look_for_servers(v, true);
	r->changed = registry_any_ours(r);
	if (!r->changed && registry_next_server(r, NULL))
		log_line(&v->log, LOG_WARNING,
		    "a process holds /dev/fuse, and may serve what was mounted "
		    "before fini: this kernel does not say, so it is left "
		    "alone (use Linux 6.16, or start the server after fini)");
}

void
baseline_take(struct init *init)
{
	struct view *v = &init->view;

	fusectl_init(&v->fusectl);
	stdio_look(&init->inherited.stdio);
	v->mountinfo = -1;
	v->people.proc = proc_open();
	if (v->people.proc < 0) {
		log_line(&v->log, LOG_WARNING,
		    "/proc does not show our PID namespace: FUSE is not seen; "
		    "mount one, or add CAP_SYS_ADMIN");
		return;
	}
	v->mountinfo = fd_above_stdio(proc_openat(v->people.proc, O_RDONLY,
	    "self/mountinfo"));
	if (v->mountinfo < 0) {
		log_line(&v->log, LOG_WARNING, "mountinfo: %s",
		    error_text(errno));
		return;
	}
	note_mounts(init);
	note_inherited(v);
	look_for_early(v);
}

void
baseline_close(struct init *init)
{
	struct view *v = &init->view;
	int keep[REGISTRY_DESCRIPTORS + 6] = {
		v->people.proc,
		v->fusectl.visible,
		v->fusectl.private,
		init->report.fd,
		init->signals,
		v->mountinfo,
	};

	stdio_close_rest(&init->inherited.stdio, keep,
	    6 + registry_descriptors(&v->registry, keep + 6),
	    v->registry.foreigns > 0 ||
		stdio_is_on_fuse(&init->inherited.stdio),
	    &v->people);
}
