/*
 * launch [options] -- INIT [ARG...]: a container without an engine. Runs INIT
 * as PID 1 of a new PID namespace and a new mount namespace, reports the
 * moment and the wait status of its end, and ends with it.
 *
 * PID 1 dies with launch, and launch with whoever started it. A container that
 * hangs after that is released by the harness (or by its keeper): only they
 * know which connections belong to it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_EACH 16 /* --bind, --deny, --drop-cap, --close */

static const char usage[] =
    "usage: launch [options] -- INIT [ARG...]\n"
    "  --report FD         JSON lines: started (pid, pidns), ended (status)\n"
    "  --mounts-of PID     begin with the mounts that PID sees\n"
    "  --propagation HOW   private (default), slave or shared\n"
    "  --proc HOW          rw (default), ro, hidepid or none\n"
    "  --fusectl           mount fusectl where programs expect it\n"
    "  --bind SRC:DST      bind mount\n"
    "  --deny NAME:ERRNO   the system call fails with ENOSYS or EPERM\n"
    "  --drop-cap NUMBER   drop a capability; 'all' drops every one\n"
    "  --uid N             run as this user and group\n"
    "  --nofile N          RLIMIT_NOFILE\n"
    "  --close FD          start INIT with this descriptor closed\n";

struct list {
	const char *item[MAX_EACH];
	size_t n;
};

struct settings {
	int report;
	int mounts_of; /* a mount namespace, or -1 */
	const char *propagation;
	const char *proc;
	bool fusectl;
	struct list binds, denied, dropped, closed;
	uid_t uid;
	rlim_t nofile;
};

static double
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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
new_mount_namespace(int begin_with)
{
	if (begin_with != -1 && setns(begin_with, CLONE_NEWNS) == -1)
		err(125, "--mounts-of");
	if (unshare(CLONE_NEWNS) == -1)
		err(125, "unshare");
}

/*
 * Shared means a new peer group of the container's own: nothing ever
 * propagates to where launch came from.
 */
static void
set_propagation(const char *how)
{
	unsigned long flag = strcmp(how, "slave") == 0 ? MS_SLAVE : MS_PRIVATE;

	if (mount(NULL, "/", NULL, MS_REC | flag, NULL) == -1)
		err(125, "propagation %s", how);
	if (strcmp(how, "shared") == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == -1)
		err(125, "propagation %s", how);
}

static void
mount_proc(const char *how)
{
	bool none = strcmp(how, "none") == 0;
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const char *type = none ? "tmpfs" : "proc";

	if (none || strcmp(how, "ro") == 0)
		flags |= MS_RDONLY;
	if (mount(type, "/proc", type, flags,
		strcmp(how, "hidepid") == 0 ? "hidepid=2" : NULL) == -1)
		err(125, "/proc %s", how);
}

static void
mount_fusectl(bool visible)
{
	static const char dir[] = "/sys/fs/fuse/connections";

	while (umount2(dir, MNT_DETACH) == 0)
		;
	if (visible && mount("fusectl", dir, "fusectl", 0, NULL) == -1)
		err(125, "%s", dir);
}

static void
bind_all(const struct list *binds)
{
	for (size_t i = 0; i < binds->n; i++) {
		char *source = strdup(binds->item[i]);
		char *target = strchr(source, ':');

		if (target == NULL)
			errx(2, "--bind %s: no target", source);
		*target++ = '\0';
		if (mount(source, target, NULL, MS_BIND, NULL) == -1)
			err(125, "bind %s on %s", source, target);
		free(source);
	}
}

static void
deny_all(const struct list *denied)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (denied->n == 0)
		return;
	/* setuid programs such as fusermount3 must keep working */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (size_t i = 0; i < denied->n; i++) {
		char *name = strdup(denied->item[i]);
		char *error = strchr(name, ':');
		uint32_t number = ENOSYS;
		int call;

		if (error != NULL) {
			*error++ = '\0';
			number = strcmp(error, "EPERM") == 0 ? EPERM : ENOSYS;
		}
		call = seccomp_syscall_resolve_name(name);
		if (call == __NR_SCMP_ERROR ||
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(number), call, 0) !=
			0)
			errx(125, "cannot deny %s", name);
		free(name);
	}
	if (seccomp_load(filter) != 0)
		errx(125, "seccomp_load");
	seccomp_release(filter);
}

/* What root may do after exec is what the bounding set leaves. */
static void
drop_capabilities(const struct list *dropped)
{
	for (size_t i = 0; i < dropped->n; i++) {
		bool all = strcmp(dropped->item[i], "all") == 0;
		int first = all ? 0 : atoi(dropped->item[i]);
		int last = all ? 63 : first;

		for (int cap = first; cap <= last; cap++)
			if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
			    cap <= CAP_LAST_CAP)
				err(125, "drop capability %d", cap);
	}
}

static void
become(uid_t uid)
{
	if (uid == 0)
		return;
	if (setgroups(0, NULL) == -1 || setgid((gid_t)uid) == -1 ||
	    setuid(uid) == -1)
		err(125, "become %u", (unsigned)uid);
}

static _Noreturn void
run_init(const struct settings *set, char *argv[])
{
	const struct rlimit nofile = { set->nofile, set->nofile };

	new_mount_namespace(set->mounts_of);
	set_propagation(set->propagation);
	bind_all(&set->binds);
	mount_fusectl(set->fusectl);
	mount_proc(set->proc);
	deny_all(&set->denied);
	drop_capabilities(&set->dropped);
	become(set->uid);
	if (set->nofile != 0 && setrlimit(RLIMIT_NOFILE, &nofile) == -1)
		err(125, "--nofile");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* cleared by setuid */
	for (size_t i = 0; i < set->closed.n; i++)
		close(atoi(set->closed.item[i]));
	execv(argv[0], argv);
	err(errno == ENOENT ? 127 : 126, "%s", argv[0]);
}

static pid_t
start(const struct settings *set, char *argv[])
{
	pid_t pid;

	if (unshare(CLONE_NEWPID) == -1)
		err(125, "unshare");
	pid = fork();
	if (pid == -1)
		err(125, "fork");
	if (pid == 0)
		run_init(set, argv);
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
	else if (strcmp(name, "deny") == 0)
		add(&set->denied, optarg);
	else if (strcmp(name, "drop-cap") == 0)
		add(&set->dropped, optarg);
	else if (strcmp(name, "uid") == 0)
		set->uid = (uid_t)strtoul(optarg, NULL, 10);
	else if (strcmp(name, "nofile") == 0)
		set->nofile = strtoul(optarg, NULL, 10);
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
	{ "deny", required_argument, NULL, 0 },
	{ "drop-cap", required_argument, NULL, 0 },
	{ "uid", required_argument, NULL, 0 },
	{ "nofile", required_argument, NULL, 0 },
	{ "close", required_argument, NULL, 0 },
	{ 0 },
};

int
main(int argc, char *argv[])
{
	struct settings set = { .report = STDOUT_FILENO,
		.mounts_of = -1,
		.propagation = "private",
		.proc = "rw" };
	int opt, which, status;
	pid_t pid;

	while ((opt = getopt_long(argc, argv, "+", options, &which)) != -1) {
		if (opt != 0)
			errx(2, "%s", usage);
		take_option(&set, options[which].name);
	}
	if (optind == argc)
		errx(2, "%s", usage);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	set.report = fcntl(set.report, F_DUPFD_CLOEXEC, 3);
	if (set.report == -1)
		err(2, "--report");
	pid = start(&set, argv + optind);
	report_started(set.report, pid);
	if (waitpid(pid, &status, 0) == -1)
		err(125, "waitpid");
	dprintf(set.report,
	    "{\"event\": \"ended\", \"status\": %d, "
	    "\"monotonic\": %.6f}\n",
	    status, monotonic());
	return 0;
}
