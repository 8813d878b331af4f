/*
 * Takes the times for tests/bench/run: of an init in a new PID namespace, and
 * of what it has to do there.
 *
 *	stopwatch run INIT [ARG ...]	times INIT from execve(2) to its end
 *	stopwatch leave N		main: leaves N others behind and exits
 *	stopwatch orphans N		main: gives N dead orphans to init
 *
 * run prints nanoseconds: from execve(2) to the end, from the mark that main
 * set to the end, and what main measured itself; 0 where there is no such
 * time.
 */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMES_FD 9 /* main inherits it through every init */
#define LOOK_NS 1000000

struct times {
	long long started;
	long long marked;
	long long measured;
};

static long long
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct times *
map_times(void)
{
	struct times *times = mmap(NULL, sizeof(*times), PROT_READ | PROT_WRITE,
	    MAP_SHARED, TIMES_FD, 0);

	if (times == MAP_FAILED)
		err(1, "mmap");
	return times;
}

static struct times *
make_times(void)
{
	int fd = memfd_create("times", 0);

	if (fd < 0 || ftruncate(fd, sizeof(struct times)) < 0 ||
	    dup2(fd, TIMES_FD) < 0)
		err(1, "memfd");
	close(fd);
	return map_times();
}

/*
 * The mount namespace is ours and outlives the init, so that its end, which
 * takes longer than all we want to know, is no part of the time.
 */
static void
run(char **argv)
{
	struct times *times = make_times();
	long long ended;
	siginfo_t info;
	pid_t pid;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(1, "unshare");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (mount("proc", "/proc", "proc", 0, NULL) < 0)
			err(1, "/proc");
		times->started = now_ns();
		execvp(argv[0], argv);
		err(1, "%s", argv[0]);
	}
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
		if (errno != EINTR)
			err(1, "waitid");
	ended = now_ns();
	umount2("/proc", MNT_DETACH);
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		errx(1, "%s: ended by %d", argv[0], info.si_status);
	printf("%lld %lld %lld\n", ended - times->started,
	    times->marked ? ended - times->marked : 0, times->measured);
}

static void
leave(int count)
{
	struct times *times = map_times();

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0)
			for (;;)
				pause();
	}
	times->marked = now_ns();
}

/*
 * They die as children of one parent that never waits; its own death gives
 * all of them to init at once. kill(-1) finds the dead until they are reaped.
 */
static void
orphans(int count)
{
	struct times *times = map_times();
	struct timespec tick = { .tv_nsec = LOOK_NS };
	long long started;
	int made[2];
	char byte;
	pid_t parent;

	if (pipe(made) < 0)
		err(1, "pipe");
	parent = fork();
	if (parent < 0)
		err(1, "fork");
	if (parent == 0) {
		for (int i = 0; i < count; i++) {
			pid_t pid = vfork();

			if (pid == 0)
				_exit(0);
			if (pid < 0)
				err(1, "fork");
		}
		if (write(made[1], "", 1) != 1)
			err(1, "pipe");
		for (;;)
			pause();
	}
	if (read(made[0], &byte, 1) != 1)
		err(1, "orphans were not made");
	started = now_ns();
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	while (kill(-1, 0) == 0 || errno != ESRCH)
		nanosleep(&tick, NULL);
	times->measured = now_ns() - started;
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "run") == 0)
		run(argv + 2);
	else if (argc == 3 && strcmp(argv[1], "leave") == 0)
		leave(atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "orphans") == 0)
		orphans(atoi(argv[2]));
	else
		errx(2,
		    "usage: stopwatch run INIT [ARG ...] | "
		    "leave N | orphans N");
	return 0;
}
