/*
 * Answers in the place of servers that do not: the way to end a connection
 * where neither fusectl nor umount2(2) may be used, but a server's /dev/fuse
 * may be duplicated (pidfd_getfd(2), Linux 5.6).
 */
#ifndef FINI_ANSWER_H
#define FINI_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/set.h"

struct people;
struct registry;

#define DUPLICATES 32

/*
 * Duplicates of servers' /dev/fuse. They keep a connection alive, so they are
 * taken only from servers that are about to be killed, and closed as soon as
 * those are dead: the last close ends the connection (fuse_dev_release(),
 * fs/fuse/dev.c).
 */
struct answers {
	struct duplicate {
		int fd;
		int connection; /* index */
		uint64_t last;	/* unique id of the last request read */
		uint64_t next;	/* to be tried; 0: none yet */
		bool down;
	} duplicate[DUPLICATES];
	int count;
	struct set over; /* connections that a duplicate says are no more */
};

/*
 * Duplicates every /dev/fuse of the servers of the connection with index
 * `connection`, where we have ptrace rights over the server and no seccomp
 * filter forbids it. Can wait: only in a look (eyes_open()).
 */
void answer_take(struct answers *answers, struct registry *registry, int proc,
    int connection);

/*
 * To be called once those servers have been sent SIGKILL: answers with EIO
 * what reaches any duplicate, until they are dead or `deadline_ms` has come.
 * What a server had read and not answered is answered too. Duplicates whose
 * servers are still not dead, since they wait for another connection, are
 * kept for the next call. Requests that went over io_uring reach no duplicate
 * (fuse_uring_queue_fuse_req(), fs/fuse/dev_uring.c, Linux 6.14).
 */
void answer_for(struct answers *answers, const struct people *people,
    struct registry *registry, int connection, long long deadline_ms);

/* Was the connection seen to end? All its servers are dead, or it is over. */
bool answer_over(const struct answers *answers, const struct people *people,
    struct registry *registry, int connection);

#endif
