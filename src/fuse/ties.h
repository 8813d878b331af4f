/*
 * Ties: what a process needs others for. It writes pipes that somebody reads,
 * and has connected sockets that somebody answers on. Not the other way round:
 * who is connected to a server's own service is its client.
 */
#ifndef FINI_TIES_H
#define FINI_TIES_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/numbers.h"
#include "src/proc/tcp_peer.h"

/* By inode. In a look's child: 192 KB. */
struct ties {
	struct numbers pipes;	/* written by who is needed */
	struct numbers sockets; /* of his own */
	struct numbers peers; /* that those have connected to, and listeners */
	struct tcp_ports ports;
	int diag; /* -1: sockets tie nobody */
};

/* NULL where there is no memory for it. The child's end frees it. */
struct ties *ties_new(void);

/* Adds what `pid` needs others for. True if there was anything new. */
bool ties_note(struct ties *ties, int proc, pid_t pid);

/*
 * Finds the TCP peers of all that was noted. (Those of UNIX domain sockets are
 * known already.)
 */
void ties_settle(struct ties *ties);

/* Is `pid` at the other end of one? */
bool ties_hold(const struct ties *ties, int proc, pid_t pid);

#endif
