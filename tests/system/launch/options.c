/* The command line of launch. */
#include "launch.h"

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: launch [options] -- INIT [ARG...]\n"
    "  --report FD         JSON lines: started (pid, pidns), ended (status)\n"
    "  --mounts-of PID     begin with the mounts that PID sees\n"
    "  --propagation HOW   private (default), slave or shared\n"
    "  --proc HOW          rw (default), ro, hidepid or none\n"
    "  --fusectl           mount fusectl where programs expect it\n"
    "  --bind SRC:DST      bind mount\n"
    "  --volume DIR        DIR is what it is outside, propagation included\n"
    "  --deny NAME:ERRNO   the system call fails with ENOSYS, EPERM or EINVAL,\n"
    "                      or KILL: it ends the process by SIGSYS\n"
    "  --deny NAME:ERRNO:ARGUMENT:BITS\n"
    "                      if its argument (0, 1...) has one of these bits\n"
    "  --hold NAME         from the moment that there is a file --hold-from, INIT,\n"
    "                      and nobody else, is held for ever in that system call\n"
    "                      by the kernel; only SIGKILL ends that\n"
    "  --hold-from FILE\n"
    "  --hold-forked       and not before INIT has forked once more\n"
    "  --hold-log FILE     says HELD\n"
    "  --drop-cap NUMBER   drop a capability; 'all' drops every one\n"
    "  --uid N             run as this user and group\n"
    "  --nofile N          RLIMIT_NOFILE\n"
    "  --stdio FILE        start INIT with FILE as 0, 1 and 2\n"
    "  --close FD          start INIT with this descriptor closed\n";

static void
add(struct list *list, const char *item)
{
	if (list->n == MAX_EACH)
		errx(2, "too many: %s", item);
	list->item[list->n++] = item;
}

/* To be opened while /proc is still the one that knows pid. */
static int
open_mounts_of(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(125, "%s", path);
	return fd;
}

static void
take_option(struct settings *set, const char *name)
{
	if (strcmp(name, "report") == 0)
		set->report = atoi(optarg);
	else if (strcmp(name, "mounts-of") == 0)
		set->mounts_of = open_mounts_of(optarg);
	else if (strcmp(name, "propagation") == 0)
		set->propagation = optarg;
	else if (strcmp(name, "proc") == 0)
		set->proc = optarg;
	else if (strcmp(name, "fusectl") == 0)
		set->fusectl = true;
	else if (strcmp(name, "bind") == 0)
		add(&set->binds, optarg);
	else if (strcmp(name, "volume") == 0)
		add(&set->volumes, optarg);
	else if (strcmp(name, "deny") == 0)
		add(&set->denied, optarg);
	else if (strcmp(name, "hold") == 0)
		set->hold = optarg;
	else if (strcmp(name, "hold-from") == 0)
		set->hold_from = optarg;
	else if (strcmp(name, "hold-forked") == 0)
		set->hold_forked = true;
	else if (strcmp(name, "hold-log") == 0)
		set->hold_log = optarg;
	else if (strcmp(name, "drop-cap") == 0)
		add(&set->dropped, optarg);
	else if (strcmp(name, "uid") == 0)
		set->uid = (uid_t)strtoul(optarg, NULL, 10);
	else if (strcmp(name, "nofile") == 0)
		set->nofile = strtoul(optarg, NULL, 10);
	else if (strcmp(name, "stdio") == 0)
		set->stdio = optarg;
	else if (strcmp(name, "close") == 0)
		add(&set->closed, optarg);
}

static const struct option options[] = {
	{ "report", required_argument, NULL, 0 },
	{ "mounts-of", required_argument, NULL, 0 },
	{ "propagation", required_argument, NULL, 0 },
	{ "proc", required_argument, NULL, 0 },
	{ "fusectl", no_argument, NULL, 0 },
	{ "bind", required_argument, NULL, 0 },
	{ "volume", required_argument, NULL, 0 },
	{ "deny", required_argument, NULL, 0 },
	{ "hold", required_argument, NULL, 0 },
	{ "hold-from", required_argument, NULL, 0 },
	{ "hold-forked", no_argument, NULL, 0 },
	{ "hold-log", required_argument, NULL, 0 },
	{ "drop-cap", required_argument, NULL, 0 },
	{ "uid", required_argument, NULL, 0 },
	{ "nofile", required_argument, NULL, 0 },
	{ "stdio", required_argument, NULL, 0 },
	{ "close", required_argument, NULL, 0 },
	{ 0 },
};

char **
options_parse(struct settings *set, int argc, char *argv[])
{
	int opt, which;

	*set = (struct settings){ .report = STDOUT_FILENO,
		.mounts_of = -1,
		.propagation = "private",
		.proc = "rw" };
	while ((opt = getopt_long(argc, argv, "+", options, &which)) != -1) {
		if (opt != 0)
			errx(2, "%s", usage);
		take_option(set, options[which].name);
	}
	if (optind == argc ||
	    (set->hold != NULL &&
		(set->hold_from == NULL || set->hold_log == NULL)))
		errx(2, "%s", usage);
	set->report = fcntl(set->report, F_DUPFD_CLOEXEC, 3);
	if (set->report == -1)
		err(2, "--report");
	return argv + optind;
}
