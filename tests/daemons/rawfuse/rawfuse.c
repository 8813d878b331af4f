/* The life of a server, and what it does beside serving. */
#include "rawfuse.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char **points; /* the mount points of this process */
static int npoints;
static pthread_t first;

void
say(const char *what, const char *detail)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s %s%s%s\n", set.name, what,
	    *detail ? " " : "", detail);

	if (set.log != -1 && write(set.log, line, (size_t)n) == -1)
		_exit(1);
}

/* What it does beside, in a thread of its own ------------------------------ */

/* Exchanges D/a and D/other for each mount point D/a/x. */
static _Noreturn void
swap(void)
{
	char(*a)[4096] = calloc((size_t)npoints, 4096);
	char(*other)[4096] = calloc((size_t)npoints, 4096);

	for (int i = 0; i < npoints; i++) {
		strncpy(a[i], points[i], 4000);
		*strrchr(a[i], '/') = '\0';
		strcpy(other[i], a[i]);
		strcpy(strrchr(other[i], '/'), "/other");
	}
	for (;;)
		for (int i = 0; i < npoints; i++)
			(void)renameat2(AT_FDCWD, a[i], AT_FDCWD, other[i],
			    RENAME_EXCHANGE);
}

/* SIGTERM is blocked here: it is for the server's main thread to read. */
static _Noreturn void
wait_for_end(void)
{
	sigset_t none;

	sigemptyset(&none);
	if (!set.stubborn)
		sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		pause();
}

static void
share_descriptors(void)
{
	struct rlimit limit;
	int nothing = open("/dev/null", O_RDONLY);

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < set.descriptors; i++)
		if (dup(nothing) == -1)
			err(1, "descriptor %d", i);
	for (int i = 0; i < set.sharers; i++)
		if (syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL,
			NULL) == 0)
			wait_for_end();
}

/* Of what its own server, in the other thread, does not answer: for ever. */
static void
read_forever(const char *on)
{
	char path[4096], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", on, set.read);
	fd = open(path, O_RDONLY);
	while (fd != -1 && pread(fd, &byte, 1, 0) == 1)
		;
	close(fd);
}

static void *
beside(void *in_place)
{
	for (int i = 0; i < npoints && set.hold != NULL; i++)
		hold(points[i]);
	share_descriptors();
	if (write(*(int *)in_place, "", 1) != 1)
		err(1, "in place");
	close(*(int *)in_place);
	if (set.read != NULL)
		read_forever(points[0]);
	if (set.swap)
		swap();
	return NULL;
}

/* Its life ----------------------------------------------------------------- */

static void
become(uid_t uid)
{
	if (uid != 0 &&
	    (setgroups(0, NULL) == -1 || setresgid(uid, uid, uid) == -1 ||
		setresuid(uid, uid, uid) == -1 ||
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1))
		err(1, "become %u", uid);
}

static void
store(void)
{
	struct timespec needed = { .tv_sec = set.end_ms / 1000,
		.tv_nsec = set.end_ms % 1000 * 1000000 };
	FILE *file;

	nanosleep(&needed, NULL);
	if (set.store == NULL)
		return;
	file = fopen(set.store, "w");
	if (file == NULL || fprintf(file, "stored by %s\n", set.name) < 0 ||
	    fclose(file) != 0)
		say("LOST", strerror(errno));
	else
		say("STORED", "");
}

/* What is aborted is left: libfuse does not unmount it either. */
static void
unmount(struct pollfd *polled)
{
	for (int i = 0; i < npoints; i++)
		if (!set.leave && polled[i].fd != -1 &&
		    poll(&polled[i], 1, 0) != -1 &&
		    (polled[i].revents & POLLERR) == 0)
			(void)umount2(points[i], MNT_DETACH);
}

static void
loop(struct pollfd *polled)
{
	struct signalfd_siginfo info;
	int left = npoints;

	while (left > 0 && poll(polled, (nfds_t)npoints + 2, -1) != -1) {
		if (polled[npoints].revents != 0) { /* SIGTERM */
			(void)!read(polled[npoints].fd, &info, sizeof(info));
			say("SIGTERM", "");
			if (set.stubborn)
				continue;
			unmount(polled);
			return;
		}
		if (polled[npoints + 1].revents != 0)
			ring_serve();
		for (int i = 0; i < npoints; i++)
			if (polled[i].revents != 0 && !serve(polled[i].fd)) {
				polled[i].fd = -1;
				left--;
			}
		polled[npoints + 1].fd = ring_fd();
	}
	say("UNMOUNTED", "");
}

static void *
serve_beside(void *polled)
{
	loop(polled);
	return NULL;
}

static void
note_end(int number)
{
	(void)number; /* pause() returns, that is all */
}

/* Serves FUSE in a thread; what matters to it is something else. */
static void
be_a_sideline(struct pollfd *polled)
{
	struct sigaction action = {
		.sa_handler = set.sideline[0] == 'h' ? note_end : SIG_DFL
	};
	struct pollfd terminate = polled[npoints];
	pthread_t thread;
	sigset_t none, blocked;
	int number;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	polled[npoints].fd = -1;
	if (pthread_create(&thread, NULL, serve_beside, polled) != 0)
		errx(1, "no thread");
	sigemptyset(&none);
	sigaction(SIGTERM, &action, NULL);
	if (set.sideline[0] == 's')
		poll(&terminate, 1, -1);
	else if (set.sideline[0] == 'w')
		sigwait(&blocked, &number);
	else
		sigsuspend(&none);
	say("SIGTERM", "");
}

static void *
be(void *in_place)
{
	struct pollfd *polled = calloc((size_t)npoints + 2, sizeof(*polled));
	sigset_t terminate;
	pthread_t thread;

	sigemptyset(&terminate);
	sigaddset(&terminate, SIGTERM);
	if (set.thread != NULL && strcmp(set.thread, "alone") == 0)
		pthread_join(first, NULL);
	mount_apart();
	for (int i = 0; i < npoints; i++)
		polled[i] = (struct pollfd){ .fd = mount_at(points[i]),
			.events = POLLIN };
	polled[npoints] =
	    (struct pollfd){ .fd = signalfd(-1, &terminate, SFD_CLOEXEC),
		    .events = POLLIN };
	polled[npoints + 1] = (struct pollfd){ .fd = -1, .events = POLLIN };
	become(set.uid);
	if (pthread_create(&thread, NULL, beside, in_place) != 0)
		errx(1, "no thread");
	if (set.sideline != NULL)
		be_a_sideline(polled);
	else
		loop(polled);
	store();
	_exit(0);
}

/* As what serves is not the first thread, that pauses, or has ended. */
static _Noreturn void
live(int in_place)
{
	sigset_t terminate;
	pthread_t thread;

	setsid();
	sigemptyset(&terminate);
	sigaddset(&terminate, SIGTERM);
	sigprocmask(SIG_BLOCK, &terminate, NULL);
	first = pthread_self();
	if (set.thread == NULL)
		be(&in_place);
	if (pthread_create(&thread, NULL, be, &in_place) != 0)
		errx(1, "no thread");
	if (strcmp(set.thread, "alone") == 0)
		pthread_exit(NULL);
	for (;;)
		pause();
}

static void
start(char **mountpoints, int count)
{
	int pipe_[2];
	char byte;

	if (pipe2(pipe_, O_CLOEXEC) == -1)
		err(1, "pipe");
	points = mountpoints;
	npoints = count;
	if (fork() == 0)
		live(pipe_[1]);
	close(pipe_[1]);
	if (read(pipe_[0], &byte, 1) != 1)
		errx(1, "%s: not in place", mountpoints[0]);
	close(pipe_[0]);
}

int
main(int argc, char *argv[])
{
	int first = options_parse(argc, argv);

	for (int i = first; i < argc && set.each; i++)
		start(&argv[i], 1);
	if (!set.each)
		start(&argv[first], argc - first);
	return 0;
}
