/* Who is at the other end of a socket: sock_diag(7). */
#ifndef FINI_SOCKET_PEER_H
#define FINI_SOCKET_PEER_H

#include "src/base/numbers.h"

/* A netlink socket for what follows. -1 and errno. The kernel answers at once. */
int socket_peer_open(void);

/*
 * The inode of the socket that the UNIX domain socket `inode` is connected
 * to; 0 if it is none, is not connected, has an address (then it is a client's
 * or a service's and no pair), or cannot be found in our network namespace.
 */
unsigned long socket_peer(int fd, unsigned long inode);

/* To work with: 96 KB, for a child of its own. */
struct tcp_ports {
	struct numbers listened;  /* ports that are listened at */
	struct numbers connected; /* connections, by both ports */
	struct numbers needed;	  /* ports where those ended here */
};

/*
 * Adds to `peers` the inodes of the sockets that those in `of` have connected
 * to by TCP, and of those that listen there: in our network namespace, over any
 * of its addresses. One that has closed an idle connection still listens, and
 * is needed for the next. A socket in `of` that was accepted belongs to a
 * service: its peer is not added.
 */
void tcp_peers(int fd, struct tcp_ports *ports, const struct numbers *of,
    struct numbers *peers);

#endif
