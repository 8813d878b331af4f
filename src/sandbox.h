/* What PID 1 gives up once main runs: it needs little, so it keeps little. */
#ifndef FINI_SANDBOX_H
#define FINI_SANDBOX_H

#include <stdbool.h>

struct log;

/*
 * Keeps, of the capabilities that we have, those that a teardown uses:
 * KILL (signals to other users), SYS_PTRACE (their /proc/PID/fd), SYS_ADMIN
 * (fusectl, umount2, setns), SYS_CHROOT (setns), DAC_OVERRIDE and
 * DAC_READ_SEARCH (another user's fusectl files and mount points).
 *
 * Without SYS_PTRACE nothing is dropped: cap_ptrace_access_check()
 * (security/commoncap.c) lets us see a server's descriptors only while we have
 * every capability that the server has.
 */
void sandbox_drop_capabilities(struct log *log);

/*
 * Installs the system call filter (src/seccomp.allow): what is not allowed
 * fails with ENOSYS. Needs no_new_privs, which init sets for itself after main
 * was forked; main never has either.
 */
void sandbox_filter(struct log *log);

#endif
