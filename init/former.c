#include "init/former.h"

#include <stdbool.h>
#include <sys/mount.h>

#include "init/limits.h"
#include "src/base/text.h"
#include "src/fuse/mounts.h"
#include "src/fuse/unmount.h"
#include "src/fuse/view.h"
#include "src/proc/mountinfo.h"

/* May it go on with a path that has ended here? */
static bool
is_in_path(char byte)
{
	return byte != '\0' && !text_has(" \t\"'=:;&|", byte);
}

static bool
names(const char *command, const char *point)
{
	for (const char *s = command; *s; s++) {
		const char *rest = text_after(s, point);

		if (rest && !is_in_path(*rest) &&
		    (s == command || !is_in_path(s[-1])))
			return true;
	}
	return false;
}

/*
 * Dead, or alive and somebody else's? Only the server can tell, and if it does
 * not answer, who has asked may wait for it for ever. So one that keeps others
 * waiting is not asked, nor one of which that cannot be known.
 */
static bool
is_dead(struct view *v, unsigned id)
{
	fusectl_prepare(&v->fusectl);
	return fusectl_peek(&v->fusectl, id) == 0 &&
	    unmount_connection(v, id, UNMOUNT_ASK, 0, LEFT_BEHIND_MS) ==
	    UNMOUNT_DONE;
}

static bool
is_left(struct view *v, const struct mount *m, const char *command)
{
	return mount_is_fuse(m) && !m->propagated && !m->cut &&
	    registry_is_foreign(&v->registry, mount_connection(m)) &&
	    names(command, m->point) && is_dead(v, mount_connection(m));
}

/* The first that is left; 0: none. */
static unsigned
find(struct view *v, const char *command)
{
	const struct mount *mount;
	struct mounts m;

	if (v->mountinfo < 0 || v->registry.foreigns == 0 ||
	    mounts_open(&m, v->mountinfo) < 0)
		return 0;
	while ((mount = mounts_next(&m)) != NULL)
		if (is_left(v, mount, command))
			return mount_connection(mount);
	return 0;
}

/* What counts is whether it is gone from there: another may lie hidden. */
void
former_detach(struct view *v, const char *command)
{
	unsigned id = find(v, command), next;

	for (; id != 0; id = next) {
		enum unmount_result result =
		    unmount_connection(v, id, MNT_DETACH, 0, LEFT_BEHIND_MS);

		(void)look_at_mounts(v); /* its number may be another's soon */
		next = find(v, command);
		log_line(&v->log, LOG_WARNING,
		    "server '%s': a dead mount was left where it mounts "
		    "(connection %u): %s",
		    command, id,
		    next == id ? unmount_result_name(result) : "detached");
		if (next == id)
			return;
	}
}
