#include "src/proc/socket_peer.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	struct unix_diag_req unix_request;
};

int
socket_peer_open(void)
{
	return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_SOCK_DIAG);
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
