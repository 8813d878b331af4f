#include "src/proc/socket_peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* UNIX domain ---------------------------------------------------------------- */

struct request {
	struct nlmsghdr header;
	struct unix_diag_req unix_request;
};

int
socket_peer_open(void)
{
	return (int)syscall(SYS_socket, AF_NETLINK,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
}

/* The peer's inode in the attributes after a unix_diag_msg. */
static unsigned long
read_peer(const char *attributes, size_t size)
{
	unsigned long peer = 0;

	while (size >= sizeof(struct rtattr)) {
		struct rtattr a;
		size_t step;
		uint32_t value;

		memcpy(&a, attributes, sizeof(a));
		step = RTA_ALIGN((size_t)a.rta_len);
		if (a.rta_len < sizeof(a) || a.rta_len > size)
			break;
		if (a.rta_type == UNIX_DIAG_NAME)
			return 0;
		if (a.rta_type == UNIX_DIAG_PEER &&
		    a.rta_len >= RTA_LENGTH(sizeof(value))) {
			memcpy(&value, attributes + RTA_LENGTH(0),
			    sizeof(value));
			peer = value;
		}
		attributes += step > size ? size : step;
		size -= step > size ? size : step;
	}
	return peer;
}

unsigned long
socket_peer(int fd, unsigned long inode)
{
	struct request request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.unix_request = {
			.sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_ino = (uint32_t)inode,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
			.udiag_cookie = { UINT32_MAX, UINT32_MAX },
		},
	};
	const size_t head = NLMSG_SPACE(sizeof(struct unix_diag_msg));
	_Alignas(struct nlmsghdr) char answer[1024];
	const struct nlmsghdr *header = (const void *)answer;
	ssize_t n;

	/* The kernel answers within sendto(): nothing to wait for. */
	if (sendto(fd, &request, sizeof(request), 0, NULL, 0) < 0)
		return 0;
	n = recvfrom(fd, answer, sizeof(answer), 0, NULL, NULL);
	if (n < (ssize_t)head || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	return read_peer(answer + head, (size_t)n - head);
}

/* TCP ------------------------------------------------------------------------ */

#define LISTENING (1U << TCP_LISTEN)
/* Or were, until one of both had said all: an idle one is closed by the other. */
#define CONNECTED                                                             \
	(1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT | 1U << TCP_FIN_WAIT1 | \
	    1U << TCP_FIN_WAIT2)

/* The TCP sockets in some states, IPv4's and then IPv6's, one after the other. */
struct dump {
	int fd;
	uint32_t states;
	int family; /* that is being listed */
	long at, size;
	struct inet_diag_msg socket;
	_Alignas(struct nlmsghdr) char buffer[8192];
};

static bool
ask(struct dump *d, int family)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 inet;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.inet = {
			.sdiag_family = (uint8_t)family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = d->states,
		},
	};

	d->family = family;
	d->at = d->size = 0;
	return sendto(d->fd, &request, sizeof(request), 0, NULL, 0) ==
	    sizeof(request);
}

/* The next message of the list; NULL at its end, or where it cannot be had. */
static const struct nlmsghdr *
next_message(struct dump *d)
{
	const struct nlmsghdr *header;

	if (d->at >= d->size) {
		d->at = 0;
		d->size = recvfrom(d->fd, d->buffer, sizeof(d->buffer), 0, NULL,
		    NULL);
	}
	header = (const void *)(d->buffer + d->at);
	if (d->size - d->at < (long)sizeof(*header) ||
	    header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > (unsigned long)(d->size - d->at))
		return NULL;
	d->at += (long)NLMSG_ALIGN(header->nlmsg_len);
	return header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		header->nlmsg_len >= NLMSG_LENGTH(sizeof(d->socket)) ?
	    header :
	    NULL;
}

/* Its inode and ports are in d->socket, the ports in our byte order. */
static bool
dump_next(struct dump *d)
{
	const struct nlmsghdr *header = next_message(d);

	if (!header && d->family == AF_INET && ask(d, AF_INET6))
		header = next_message(d);
	if (!header)
		return false;
	__builtin_memcpy(&d->socket, NLMSG_DATA(header), sizeof(d->socket));
	d->socket.id.idiag_sport = ntohs(d->socket.id.idiag_sport);
	d->socket.id.idiag_dport = ntohs(d->socket.id.idiag_dport);
	return true;
}

static void
dump_open(struct dump *d, uint32_t states)
{
	d->states = states;
	(void)ask(d, AF_INET);
}

/*
 * Two ports name a connection here: both of its ends are in this network
 * namespace, and only then is there one with the same ports the other way
 * round.
 */
static uint32_t
pair(uint16_t from, uint16_t to)
{
	return (uint32_t)from << 16 | to;
}

/*
 * Who connects to an address of his own machine has the same one, unless he
 * chose another. Then the other end was here, although it may be gone.
 */
static bool
is_to_itself(const struct inet_diag_sockid *id)
{
	return memcmp(id->idiag_src, id->idiag_dst, sizeof(id->idiag_src)) == 0;
}

void
tcp_peers(int fd, struct tcp_ports *p, const struct numbers *of,
    struct numbers *peers)
{
	struct dump d = { .fd = fd };
	const struct inet_diag_sockid *id = &d.socket.id;

	*p = (struct tcp_ports){ .needed.count = 0 };
	for (dump_open(&d, LISTENING); dump_next(&d);)
		(void)numbers_add(&p->listened, id->idiag_sport);
	for (dump_open(&d, CONNECTED); dump_next(&d);)
		if (numbers_have(of, d.socket.idiag_inode) &&
		    numbers_have(&p->listened, id->idiag_dport) &&
		    !numbers_have(&p->listened, id->idiag_sport)) {
			(void)numbers_add(&p->connected,
			    pair(id->idiag_sport, id->idiag_dport));
			if (is_to_itself(id))
				(void)numbers_add(&p->needed, id->idiag_dport);
		}
	for (dump_open(&d, CONNECTED); dump_next(&d);)
		if (numbers_have(&p->connected,
			pair(id->idiag_dport, id->idiag_sport))) {
			(void)numbers_add(peers, d.socket.idiag_inode);
			(void)numbers_add(&p->needed, id->idiag_sport);
		}
	for (dump_open(&d, LISTENING); dump_next(&d);)
		if (numbers_have(&p->needed, id->idiag_sport))
			(void)numbers_add(peers, d.socket.idiag_inode);
}
