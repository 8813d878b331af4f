/*
 * Looking at a process of another user without CAP_SYS_PTRACE: what /proc shows
 * to ptrace(2)'s friends only, it also shows to who has the user's ids on files
 * (__ptrace_may_access(), kernel/ptrace.c). To take those needs CAP_SETUID and
 * CAP_SETGID, as docker gives them.
 */
#ifndef FINI_OWNER_H
#define FINI_OWNER_H

struct owner {
	int uid, gid, dumpable; /* ours */
};

/*
 * From here to owner_end() our ids on files are those of the open directory
 * /proc/PID, or our own where we may not take them, or they are root's: whose
 * capabilities for files come and go with them (cap_task_fix_setuid(),
 * security/commoncap.c), and who is not seen by ids alone. Meanwhile nobody
 * without CAP_SYS_PTRACE can begin to trace us: changed ids make a process
 * undumpable (commit_creds(), kernel/cred.c).
 */
void owner_begin(struct owner *ours, int directory);
void owner_end(const struct owner *ours);

/*
 * Makes the caller that user, for ever: for a child that is to signal it. 0, or
 * -1 and errno: EPERM without CAP_SETUID.
 */
int owner_become(int directory);

#endif
