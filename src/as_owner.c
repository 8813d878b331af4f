#include "src/as_owner.h"

#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "src/format.h"

#define NOBODY ((uid_t)-1) /* setfsuid(2) then only tells */

void
as_owner_begin(struct as_owner *ours, int proc, pid_t pid)
{
	char path[16];
	struct text t = text_over(path, sizeof(path));
	struct stat owner;

	text_format(&t, "%d", pid);
	if (fstatat(proc, path, &owner, 0) < 0 || owner.st_uid == 0)
		owner.st_uid = owner.st_gid = NOBODY;
	ours->dumpable = prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	ours->gid = setfsgid(owner.st_gid);
	ours->uid = setfsuid(owner.st_uid);
}

void
as_owner_end(const struct as_owner *ours)
{
	(void)setfsuid((uid_t)ours->uid);
	(void)setfsgid((gid_t)ours->gid);
	if (ours->dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL);
}
