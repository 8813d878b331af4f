#include "src/proc/tcp_peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The TCP sockets of a state, IPv4's and then IPv6's, one after the other. */
struct dump {
	int fd;
	int state;  /* TCP_LISTEN, TCP_ESTABLISHED */
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
			.idiag_states = 1U << d->state,
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
dump_open(struct dump *d, int state)
{
	d->state = state;
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

void
tcp_peers(int fd, struct tcp_ports *p, const struct numbers *of,
    struct numbers *peers)
{
	struct dump d = { .fd = fd };
	const struct inet_diag_sockid *id = &d.socket.id;

	*p = (struct tcp_ports){ .needed.count = 0 };
	for (dump_open(&d, TCP_LISTEN); dump_next(&d);)
		(void)numbers_add(&p->listened, id->idiag_sport);
	for (dump_open(&d, TCP_ESTABLISHED); dump_next(&d);)
		if (numbers_have(of, d.socket.idiag_inode) &&
		    numbers_have(&p->listened, id->idiag_dport) &&
		    !numbers_have(&p->listened, id->idiag_sport))
			(void)numbers_add(&p->connected,
			    pair(id->idiag_sport, id->idiag_dport));
	for (dump_open(&d, TCP_ESTABLISHED); dump_next(&d);)
		if (numbers_have(&p->connected,
			pair(id->idiag_dport, id->idiag_sport))) {
			(void)numbers_add(peers, d.socket.idiag_inode);
			(void)numbers_add(&p->needed, id->idiag_sport);
		}
	for (dump_open(&d, TCP_LISTEN); dump_next(&d);)
		if (numbers_have(&p->needed, id->idiag_sport))
			(void)numbers_add(peers, d.socket.idiag_inode);
}
