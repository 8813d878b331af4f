/* What PID 1 gives up once main runs: it needs little, so it keeps little. */
#ifndef FINI_SANDBOX_H
#define FINI_SANDBOX_H

struct log;

/*
 * Keeps, of the capabilities that we have, those that a teardown uses:
 * KILL (signals to other users), SYS_PTRACE (their /proc/PID/fd), SYS_ADMIN
 * (fusectl, umount2, setns), SYS_CHROOT (setns), SYS_RESOURCE (the guardian's
 * oom_score_adj), DAC_OVERRIDE and DAC_READ_SEARCH (another user's fusectl files
 * and mount points). Without
 * SYS_PTRACE nothing is dropped: cap_ptrace_access_check()
 * (security/commoncap.c) lets us see a server's descriptors only while we have
 * every capability that the server has.
 *
 * Then installs the system call filter (src/seccomp.allow): what is not
 * allowed fails with ENOSYS. That needs no_new_privs, which init sets for
 * itself after main was forked; main never has either. What init forks from
 * here on has all three.
 */
void sandbox_enter(struct log *log);

#endif
