/*
 * Holds INIT in a system call, as a server that does not answer would: by
 * seccomp's notifications (seccomp_unotify(2)), and not by ptrace(2), so that
 * somebody else may trace it. To a notification that nobody answers only the
 * death of who made the call is an end.
 */
#include "launch.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/seccomp.h>

/* Which process the one that filters itself is, is known to the other only. */
static void
send_descriptor(int told, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	if (sendmsg(told, &message, 0) != 1)
		err(125, "--hold");
}

static int
receive_descriptor(int told)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	int fd;

	if (recvmsg(told, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    CMSG_FIRSTHDR(&message) == NULL)
		_exit(0); /* INIT never was */
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

void
hold_filter(const struct settings *set, const struct holder *holder)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int call = seccomp_syscall_resolve_name(set->hold);

	if (call == __NR_SCMP_ERROR ||
	    seccomp_rule_add(filter, SCMP_ACT_NOTIFY, call, 0) != 0 ||
	    (call != SCMP_SYS(clone) &&
		seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(clone), 0) !=
		    0))
		errx(125, "--hold %s", set->hold);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (seccomp_load(filter) != 0)
		errx(125, "--hold: seccomp_load");
	send_descriptor(holder->told, seccomp_notify_fd(filter));
	close(seccomp_notify_fd(filter));
}

static void
say(int log, const char *word)
{
	if (write(log, word, strlen(word)) == -1)
		err(1, "--hold-log");
}

/* Is this call of INIT's to be left without an answer? */
static bool
is_held(const struct settings *set, const struct seccomp_notif *call,
    pid_t init, int log)
{
	static bool forked;

	if ((pid_t)call->pid != init || access(set->hold_from, F_OK) == -1)
		return false;
	if (call->data.nr == seccomp_syscall_resolve_name(set->hold) &&
	    (forked || !set->hold_forked)) {
		say(log, "HELD\n");
		return true;
	}
	forked |= call->data.nr == SCMP_SYS(clone);
	return false;
}

static _Noreturn void
watch(const struct settings *set, int fd, pid_t init, int log)
{
	for (;;) {
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp answer = {
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE
		};

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1) {
			if (errno == EINTR || errno == ENOENT)
				continue; /* who made it has died */
			_exit(0);
		}
		answer.id = call.id;
		if (!is_held(set, &call, init, log))
			(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* Dies with launch, and not with INIT: who is held there is not let go by it. */
struct holder
hold_watch(const struct settings *set)
{
	int log = open(set->hold_log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int told[2], number[2];
	pid_t pid, init;

	if (log == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, told) == -1 ||
	    pipe2(number, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		err(125, "--hold");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		close(told[1]);
		close(number[1]);
		close(set->report);
		if (read(number[0], &init, sizeof(init)) != sizeof(init))
			_exit(0);
		watch(set, receive_descriptor(told[0]), init, log);
	}
	close(log);
	close(told[0]);
	close(number[0]);
	return (struct holder){ .told = told[1], .init = number[1] };
}
