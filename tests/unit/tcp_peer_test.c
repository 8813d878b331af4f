/* Who is at the other end of TCP connections on this machine, by real ones. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "src/proc/socket_peer.h"

struct link {
	int listener, server, client;
};

static struct tcp_ports ports;
static struct numbers of, peers;

static uint32_t
inode(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return (uint32_t)status.st_ino;
}

/* IPv4 to a listener of `family`. */
static struct link
connect_to(int family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(six);
	struct link l = { .listener = socket(family, SOCK_STREAM, 0),
		.client = socket(AF_INET, SOCK_STREAM, 0) };

	if (family == AF_INET)
		assert_int_equal(bind(l.listener, (void *)&four, sizeof(four)),
		    0);
	else
		assert_int_equal(bind(l.listener, (void *)&six, sizeof(six)),
		    0);
	assert_int_equal(listen(l.listener, 1), 0);
	assert_int_equal(getsockname(l.listener, (void *)&six, &size), 0);
	four.sin_port = six.sin6_port; /* at the same place in both */
	assert_int_equal(connect(l.client, (void *)&four, sizeof(four)), 0);
	l.server = accept(l.listener, NULL, NULL);
	assert_true(l.server >= 0);
	return l;
}

static void
look(int fd)
{
	int diag = socket_peer_open();

	assert_true(diag >= 0);
	of = peers = (struct numbers){ .count = 0 };
	(void)numbers_add(&of, inode(fd));
	tcp_peers(diag, &ports, &of, &peers);
	close(diag);
}

static void
test_who_connected_needs_both(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct link l = connect_to(families[i]);

		look(l.client);
		assert_true(numbers_have(&peers, inode(l.server)));
		assert_true(numbers_have(&peers, inode(l.listener)));
		assert_int_equal(peers.count, 2);
		close(l.listener);
		close(l.client);
		close(l.server);
	}
}

/* As HTTP servers do after some seconds. */
static void
test_who_hung_up_still_listens(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char none;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct link l = connect_to(families[i]);

		close(l.server);
		assert_int_equal(read(l.client, &none, 1), 0);
		look(l.client);
		assert_true(numbers_have(&peers, inode(l.listener)));
		assert_int_equal(peers.count, 1);
		close(l.listener);
		close(l.client);
	}
}

/* The one who hangs up may have more to read, and store. */
static void
test_who_has_said_all(void **state)
{
	struct link l = connect_to(AF_INET);
	char none;

	(void)state;
	assert_int_equal(shutdown(l.server, SHUT_WR), 0);
	assert_int_equal(read(l.client, &none, 1), 0);
	look(l.client);
	assert_true(numbers_have(&peers, inode(l.server)));
	assert_true(numbers_have(&peers, inode(l.listener)));
	look(l.server);
	assert_int_equal(peers.count, 0);
	close(l.listener);
	close(l.client);
	close(l.server);
}

static void
test_who_accepted_needs_nobody(void **state)
{
	struct link l = connect_to(AF_INET);

	(void)state;
	look(l.server);
	assert_int_equal(peers.count, 0);
	look(l.listener);
	assert_int_equal(peers.count, 0);
	close(l.listener);
	close(l.client);
	close(l.server);
}

static void
test_no_socket(void **state)
{
	struct numbers none = { .count = 0 };

	(void)state;
	peers = none;
	tcp_peers(-1, &ports, &none, &peers);
	assert_int_equal(peers.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_connected_needs_both),
		cmocka_unit_test(test_who_hung_up_still_listens),
		cmocka_unit_test(test_who_has_said_all),
		cmocka_unit_test(test_who_accepted_needs_nobody),
		cmocka_unit_test(test_no_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
