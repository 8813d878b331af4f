/* Who is at the other end of a TCP connection within the container. */
#ifndef FINI_TCP_PEER_H
#define FINI_TCP_PEER_H

#include "src/base/numbers.h"

/* To work with: 96 KB, for a child of its own. */
struct tcp_ports {
	struct numbers listened;  /* ports that are listened at */
	struct numbers connected; /* connections, by both ports */
	struct numbers needed;	  /* ports where those ended here */
};

/*
 * Adds to `peers` the inodes of the sockets that those in `of` have connected
 * to, and of those that listen there: in our network namespace, over any of its
 * addresses. A socket in `of` that was accepted is somebody's who needs it, and
 * has no peer here. `fd` is socket_peer_open()'s. The kernel answers at once.
 */
void tcp_peers(int fd, struct tcp_ports *ports, const struct numbers *of,
    struct numbers *peers);

#endif
