/* Who is at the other end of a socketpair: sock_diag(7). */
#ifndef FINI_SOCKET_PEER_H
#define FINI_SOCKET_PEER_H

/* A netlink socket for socket_peer(). -1 and errno. */
int socket_peer_open(void);

/*
 * The inode of the socket that the UNIX domain socket `inode` is connected
 * to; 0 if it is none, is not connected, has an address (then it is a client's
 * or a service's and no pair), or cannot be found in our network namespace.
 */
unsigned long socket_peer(int fd, unsigned long inode);

#endif
