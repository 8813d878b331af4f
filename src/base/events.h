/* Waiting for descriptors and signals, also where the usual ways fail. */
#ifndef FINI_EVENTS_H
#define FINI_EVENTS_H

#include <poll.h>

struct signals;

/*
 * poll(2) for at most `timeout_ms` (-1: for ever). With `got`, polled[0] is
 * signals_open()'s, -1 if there is none, and what signals have come are in
 * *got.
 *
 * Never returns at once for an error. Where poll fails (do_sys_poll(), fs/
 * select.c: more than RLIMIT_NOFILE are polled; or a seccomp filter), where
 * there is no signalfd, or it cannot be read, rt_sigtimedwait(2) is waited in:
 * a signal ends it, and for the sake of other descriptors a tick. The revents
 * of one that cannot even be polled alone are POLLERR: its owner must look.
 */
void events_wait(struct pollfd *polled, int count, int timeout_ms,
    struct signals *got);

#endif
