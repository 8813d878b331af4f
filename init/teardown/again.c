/* What comes while the teardown runs: mounts, and who serves them. */
#include <poll.h>
#include <stddef.h>

#include "init/teardown/phases.h"
#include "src/fuse/look.h"
#include "src/fuse/mounts.h"

static bool
have_mounts_changed(const struct view *v)
{
	struct pollfd change = { .fd = v->mountinfo, .events = POLLPRI };

	return v->mountinfo >= 0 && poll(&change, 1, 0) > 0;
}

bool
teardown_look_again(struct teardown *td)
{
	struct view *v = td->view;
	struct set before = registry_open(&v->registry), now;

	/* In another mount namespace, or nowhere, only fusectl shows it. */
	if (!have_mounts_changed(v) && !look_has_news(v))
		return false;
	/* That poll has told us, and will not tell look_at_mounts(). */
	v->registry.changed = true;
	(void)look_at_mounts(v);
	look_for_servers(v, true);
	now = registry_open(&v->registry);
	set_cut(&now, &before);
	if (set_is_empty(&now))
		return false;
	teardown_relieve(td);
	teardown_find_helpers(td);
	return true;
}
