#include "src/proc/owner.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "src/base/syscalls.h"
#include "src/proc/procfs.h"

#define NOBODY ((unsigned)-1) /* setfsuid(2) then only tells */

void
owner_begin(struct owner *ours, int directory)
{
	struct statx owner;

	if (syscall(SYS_statx, directory, "", AT_EMPTY_PATH,
		STATX_UID | STATX_GID, &owner) < 0 ||
	    owner.stx_uid == 0)
		owner.stx_uid = owner.stx_gid = NOBODY;
	ours->dumpable = prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	ours->gid = (int)syscall(SYS_setfsgid, owner.stx_gid);
	ours->uid = (int)syscall(SYS_setfsuid, owner.stx_uid);
}

static int
open_process(int proc, pid_t pid)
{
	return proc_openat(proc, O_PATH | O_DIRECTORY, "%d", pid);
}

void
owner_begin_with(struct owner *ours, int proc, pid_t pid)
{
	int directory = open_process(proc, pid);

	owner_begin(ours, directory);
	if (directory >= 0)
		close(directory);
}

int
owner_become(int proc, pid_t pid)
{
	int directory = open_process(proc, pid);
	struct statx owner;

	if (syscall(SYS_statx, directory, "", AT_EMPTY_PATH, STATX_UID,
		&owner) < 0)
		return -1;
	return (int)syscall(SYS_setresuid, -1, owner.stx_uid, -1);
}

void
owner_end(const struct owner *ours)
{
	(void)syscall(SYS_setfsuid, ours->uid);
	(void)syscall(SYS_setfsgid, ours->gid);
	if (ours->dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL);
}
