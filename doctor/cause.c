#include "doctor/cause.h"

#include <stddef.h>
#include <string.h>

/* The nearest function that begins with one of these decides. */
static const struct {
	const char *begins;
	enum cause cause;
} table[] = {
	{ "zap_pid_ns_processes", CAUSE_ZAP },
	{ "request_wait_answer", CAUSE_ANSWER },
	{ "fuse_dev_", CAUSE_NONE }, /* a server, idle */
	{ "fuse_", CAUSE_BEHIND },
	{ "__fuse_", CAUSE_BEHIND },
	{ "nfs", CAUSE_NFS },
	{ "rpc_", CAUSE_NFS },
	{ "__rpc_", CAUSE_NFS },
	{ "cifs_", CAUSE_CIFS },
	{ "smb2_", CAUSE_CIFS },
	{ "SMB2_", CAUSE_CIFS },
	{ "wait_for_response", CAUSE_CIFS },
	{ "p9_", CAUSE_9P },
	{ "v9fs_", CAUSE_9P },
	{ "ceph_", CAUSE_CEPH },
	{ "ptlrpc_", CAUSE_LUSTRE },
	{ "ll_", CAUSE_LUSTRE },
	{ "osc_", CAUSE_LUSTRE },
	{ "blk_", CAUSE_DISK },
	{ "blkdev_", CAUSE_DISK },
	{ "submit_bio_wait", CAUSE_DISK },
	{ "jbd2_", CAUSE_DISK },
	{ "ext4_", CAUSE_DISK },
	{ "xfs_", CAUSE_DISK },
	{ "btrfs_", CAUSE_DISK },
	{ "f2fs_", CAUSE_DISK },
};

static bool
begins_with(const char *function, const char *beginning)
{
	return strncmp(function, beginning, strlen(beginning)) == 0;
}

const char *
cause_function(const char *line)
{
	size_t before = line[0] == '[' ? strcspn(line, " \n") : 0;

	return line + before + (line[before] == ' ');
}

enum cause
cause_of(const char *stack)
{
	const char *line = stack;

	if (*stack == '\0')
		return CAUSE_UNTOLD;
	while (*line) {
		const char *name = cause_function(line);

		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			if (begins_with(name, table[i].begins))
				return table[i].cause;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return CAUSE_OTHER;
}

/*
 * Functions of locks are left out of a stack where they lie in .sched.text
 * (in_sched_functions(), kernel/sched/core.c). What comes first then is who
 * wants an inode's lock, by fs/namei.c, readdir.c, open.c, xattr.c or utimes.c.
 */
bool
cause_may_be_behind(const char *function)
{
	static const char *const locks[] = { "folio_wait", "wait_on_page",
		"rwsem_down", "__mutex_lock", "mutex_lock", "d_alloc_parallel",
		"__wait_on_freeing_inode", "inode_wait", "walk_component",
		"lookup_slow", "open_last_lookups", "path_openat",
		"filename_create", "lock_rename", "do_renameat2", "do_rmdir",
		"do_unlinkat", "iterate_dir", "do_truncate", "chmod_common",
		"chown_common", "vfs_setxattr", "vfs_removexattr", "vfs_utimes",
		"utimes_common" };

	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if (begins_with(function, locks[i]))
			return true;
	return false;
}

bool
cause_is_everyday(const char *function)
{
	static const char *const everyday[] = {
		"futex_",
		"do_epoll_wait",
		"ep_poll",
		"do_sys_poll",
		"poll_schedule_timeout",
		"do_select",
		"hrtimer_nanosleep",
		"do_nanosleep",
		"do_sigtimedwait",
		"do_signal_stop",
		"sigsuspend",
		"pipe_read",
		"anon_pipe_read",
		"unix_stream_",
		"unix_wait_for",
		"signalfd_",
		"inet_csk_accept",
		"sk_wait_data",
		"wait_woken",
		"worker_thread",
		"rescuer_thread",
		"kthread",
		"smpboot_thread_fn",
		"fuse_dev_",
		"ptrace_stop",
	};

	for (size_t i = 0; i < sizeof(everyday) / sizeof(everyday[0]); i++)
		if (begins_with(function, everyday[i]))
			return true;
	return false;
}

static const struct {
	const char *name, *filesystem;
} causes[] = {
	[CAUSE_NONE] = { "nothing", NULL },
	[CAUSE_ANSWER] = { "fuse", "fuse" },
	[CAUSE_BEHIND] = { "behind-fuse", "fuse" },
	[CAUSE_EXEC] = { "exec", NULL },
	[CAUSE_ZAP] = { "pid-namespace", NULL },
	[CAUSE_NFS] = { "nfs", "nfs" },
	[CAUSE_CIFS] = { "cifs", "cifs" },
	[CAUSE_9P] = { "9p", "9p" },
	[CAUSE_CEPH] = { "ceph", "ceph" },
	[CAUSE_LUSTRE] = { "lustre", "lustre" },
	[CAUSE_DISK] = { "disk", NULL },
	[CAUSE_OTHER] = { "other", NULL },
	[CAUSE_UNTOLD] = { "untold", NULL },
};

const char *
cause_name(enum cause cause)
{
	return causes[cause].name;
}

const char *
cause_filesystem(enum cause cause)
{
	return causes[cause].filesystem;
}

bool
cause_is_fuse(enum cause cause)
{
	return cause == CAUSE_ANSWER || cause == CAUSE_BEHIND ||
	    cause == CAUSE_EXEC;
}
