/*
 * Looking at a process of another user without CAP_SYS_PTRACE: what /proc shows
 * only with the rights to ptrace(2), it also shows to the user's ids on files
 * (__ptrace_may_access(), kernel/ptrace.c). To take those needs CAP_SETUID and
 * CAP_SETGID, as docker gives them.
 */
#ifndef FINI_OWNER_H
#define FINI_OWNER_H

#include <sys/types.h>

struct owner {
	int uid, gid, dumpable; /* ours */
};

/*
 * From here to owner_end() our ids on files are those of the open directory
 * /proc/PID, or our own where we may not take them, or they are root's: whose
 * capabilities for files come and go with them (cap_task_fix_setuid(),
 * security/commoncap.c), and which is not seen by ids alone. Meanwhile no
 * process without CAP_SYS_PTRACE can begin to trace us: changed ids make a
 * process undumpable (commit_creds(), kernel/cred.c).
 */
void owner_begin(struct owner *ours, int directory);
void owner_end(const struct owner *ours);

/*
 * owner_begin() with the ids of `pid`. The directory is opened first: FUSE may
 * lie over /proc/PID by now.
 */
void owner_begin_with(struct owner *ours, int proc, pid_t pid);

/*
 * Makes the caller the user of `pid`, for ever: for a child that is to signal it. 0, or
 * -1 and errno: EPERM without CAP_SETUID.
 */
int owner_become(int proc, pid_t pid);

#endif
