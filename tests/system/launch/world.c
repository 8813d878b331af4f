/* The world in which INIT starts. */
#include "launch.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <mntent.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

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

/*
 * Copies of mounts are peers of what they are copies of, whatever becomes of
 * the tree they are put into: as docker's -v DIR:DIR:rshared.
 */
static void
copy_volumes(const struct list *volumes, int copy[])
{
	for (size_t i = 0; i < volumes->n; i++) {
		copy[i] = open_tree(AT_FDCWD, volumes->item[i],
		    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (copy[i] == -1)
			err(125, "--volume %s", volumes->item[i]);
	}
}

static void
mount_volumes(const struct list *volumes, const int copy[])
{
	for (size_t i = 0; i < volumes->n; i++)
		if (move_mount(copy[i], "", AT_FDCWD, volumes->item[i],
			MOVE_MOUNT_F_EMPTY_PATH) == -1)
			err(125, "--volume %s", volumes->item[i]);
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

/* The last of what is mounted, wherever it is: on some machines /sys is twice. */
static bool
unmount_a_fusectl(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	char dir[PATH_MAX] = "";

	if (mounts == NULL)
		err(125, "mounts");
	while ((mount = getmntent(mounts)) != NULL)
		if (strcmp(mount->mnt_type, "fusectl") == 0)
			snprintf(dir, sizeof(dir), "%s", mount->mnt_dir);
	endmntent(mounts);
	return dir[0] != '\0' && umount2(dir, MNT_DETACH) == 0;
}

/* With a procfs that knows us, for as long as it takes. */
static void
mount_fusectl(bool visible)
{
	static const char dir[] = "/sys/fs/fuse/connections";

	mount_proc("rw");
	while (unmount_a_fusectl())
		;
	if (umount2("/proc", MNT_DETACH) == -1)
		err(125, "/proc");
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

/* A rule matches one value of the bits; any of them is one rule for each. */
static void
deny_bits(scmp_filter_ctx filter, uint32_t action, int call, unsigned argument,
    uint64_t bits)
{
	for (uint64_t bit = 1; bit != 0; bit <<= 1)
		if ((bits & bit) != 0 &&
		    seccomp_rule_add(filter, action, call, 1,
			SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, bit, bit)) !=
			0)
			errx(125, "cannot deny system call %d", call);
}

static uint32_t
denial(const char *error)
{
	if (error != NULL && strcmp(error, "KILL") == 0)
		return SCMP_ACT_KILL_PROCESS;
	if (error != NULL && strcmp(error, "EPERM") == 0)
		return SCMP_ACT_ERRNO(EPERM);
	if (error != NULL && strcmp(error, "EINVAL") == 0)
		return SCMP_ACT_ERRNO(EINVAL);
	return SCMP_ACT_ERRNO(ENOSYS);
}

/* NAME:ERRNO or NAME:ERRNO:ARGUMENT:BITS */
static void
deny(scmp_filter_ctx filter, const char *what)
{
	char *words = strdup(what);
	char *name = strtok(words, ":"), *error = strtok(NULL, ":");
	char *argument = strtok(NULL, ":"), *bits = strtok(NULL, ":");
	uint32_t action = denial(error);
	int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR)
		errx(125, "no system call %s", name);
	if (bits != NULL)
		deny_bits(filter, action, call,
		    (unsigned)strtoul(argument, NULL, 0),
		    strtoull(bits, NULL, 0));
	else if (seccomp_rule_add(filter, action, call, 0) != 0)
		errx(125, "cannot deny %s", name);
	free(words);
}

static void
deny_all(const struct list *denied)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (denied->n == 0)
		return;
	/* setuid programs such as fusermount3 must keep working */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (size_t i = 0; i < denied->n; i++)
		deny(filter, denied->item[i]);
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

/* Without ever closing a descriptor of the file: who serves it may not answer. */
static void
set_stdio(const char *file)
{
	if (file == NULL)
		return;
	close(STDIN_FILENO);
	if (open(file, O_RDWR | O_CREAT, 0644) != STDIN_FILENO ||
	    dup2(STDIN_FILENO, STDOUT_FILENO) == -1 ||
	    dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		err(125, "--stdio %s", file);
}

void
world_make(const struct settings *set)
{
	const struct rlimit nofile = { set->nofile, set->nofile };
	int volumes[MAX_EACH];

	new_mount_namespace(set->mounts_of);
	copy_volumes(&set->volumes, volumes);
	set_propagation(set->propagation);
	mount_volumes(&set->volumes, volumes);
	bind_all(&set->binds);
	mount_fusectl(set->fusectl);
	mount_proc(set->proc);
	deny_all(&set->denied);
	drop_capabilities(&set->dropped);
	become(set->uid);
	if (set->nofile != 0 && setrlimit(RLIMIT_NOFILE, &nofile) == -1)
		err(125, "--nofile");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* cleared by setuid */
	set_stdio(set->stdio);
	for (size_t i = 0; i < set->closed.n; i++)
		close(atoi(set->closed.item[i]));
}
