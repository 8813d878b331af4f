/*
 * Numbers of system calls, each by the name it has where a long has 64 bits.
 * Where it has 32, musl's struct timespec has 64 all the same, and its
 * sys/syscall.h has no name that would be right for both: the calls that take
 * one are called after the year 2038, and came with Linux 5.1.
 */
#ifndef FINI_SYSCALLS_H
#define FINI_SYSCALLS_H

#include <sys/syscall.h>

#ifndef SYS_clock_gettime
#define SYS_clock_gettime SYS_clock_gettime64
#endif
#ifndef SYS_rt_sigtimedwait
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#endif
#ifndef SYS_timer_settime
#define SYS_timer_settime SYS_timer_settime64
#endif

/* musl's fcntl() knows all that there is, in 400 bytes. */
#ifdef SYS_fcntl64
#undef SYS_fcntl
#define SYS_fcntl SYS_fcntl64
#endif

/* The older ones take ids of 16 bits. */
#ifdef SYS_setfsuid32
#undef SYS_setfsuid
#define SYS_setfsuid SYS_setfsuid32
#undef SYS_setfsgid
#define SYS_setfsgid SYS_setfsgid32
#endif

#endif
