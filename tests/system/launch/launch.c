/*
 * launch [options] -- INIT [ARG...]: a container without an engine. Runs INIT
 * as PID 1 of a new PID namespace and a new mount namespace, reports the
 * moment and the wait status of its end, and ends with it.
 *
 * PID 1 dies with launch, and launch with whoever started it. A container that
 * hangs after that is released by the harness (or by its keeper): only they
 * know which connections belong to it.
 */
#include "launch.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static pid_t
start(const struct settings *set, char *argv[])
{
	struct holder holder = { -1, -1 };
	pid_t pid;

	if (set->hold != NULL)
		holder = hold_watch(set);
	if (unshare(CLONE_NEWPID) == -1)
		err(125, "unshare");
	pid = fork();
	if (pid == -1)
		err(125, "fork");
	if (pid == 0) {
		world_make(set);
		if (set->hold != NULL)
			hold_filter(set, &holder);
		execv(argv[0], argv);
		err(errno == ENOENT ? 127 : 126, "%s", argv[0]);
	}
	if (set->hold != NULL &&
	    write(holder.init, &pid, sizeof(pid)) != sizeof(pid))
		err(125, "--hold");
	return pid;
}

static void
report_started(int fd, pid_t pid)
{
	char path[64];
	struct stat pidns;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (stat(path, &pidns) == -1)
		err(125, "%s", path);
	dprintf(fd, "{\"event\": \"started\", \"pid\": %d, \"pidns\": %lu}\n",
	    pid, (unsigned long)pidns.st_ino);
}

int
main(int argc, char *argv[])
{
	struct settings set;
	char **init = options_parse(&set, argc, argv);
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	pid = start(&set, init);
	report_started(set.report, pid);
	if (waitpid(pid, &status, 0) == -1)
		err(125, "waitpid");
	dprintf(set.report,
	    "{\"event\": \"ended\", \"status\": %d, "
	    "\"monotonic\": %.6f}\n",
	    status, monotonic());
	return 0;
}
