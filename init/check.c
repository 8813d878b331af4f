#include "init/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/device.h"
#include "src/format.h"
#include "src/fusectl.h"
#include "src/mountinfo.h"
#include "src/pidfd.h"
#include "src/private_mount.h"
#include "src/procfs.h"

#define SYS_ADMIN_FLAG "--cap-add SYS_ADMIN"

enum part {
	PART_DEVICE,
	PART_PROC,
	PART_PIDFD,
	PART_VISIBLE,
	PART_PRIVATE,
	PART_UNMOUNT,
	PART_KILL,
	PART_USERS,
	PART_GUARDIAN,
	PARTS
};

struct result {
	int error; /* 0: covered */
};

static const struct {
	const char *name; /* in JSON */
	const char *what;
	const char *flag; /* of docker run and podman run */
} parts[PARTS] = {
	[PART_DEVICE] = { "device", "FUSE can be served: /dev/fuse opens",
	    "--device /dev/fuse" },
	[PART_PROC] = { "proc", "/proc shows our PID namespace",
	    "mount a procfs at /proc, or " SYS_ADMIN_FLAG },
	[PART_PIDFD] = { "pidfd", "processes can be pinned: pidfd_open(2)",
	    "--security-opt seccomp=unconfined, or Linux 5.3" },
	[PART_VISIBLE] = { "fusectl", "abort by a fusectl that is visible",
	    "-v /sys/fs/fuse/connections:/sys/fs/fuse/connections, "
	    "and no AppArmor profile that denies it" },
	[PART_PRIVATE] = { "private-fusectl",
	    "abort by a fusectl of our own, and requests in flight are seen",
	    SYS_ADMIN_FLAG " (not in a user namespace)" },
	[PART_UNMOUNT] = { "umount", "abort by umount2(MNT_FORCE)",
	    SYS_ADMIN_FLAG },
	[PART_KILL] = { "kill", "processes of other users can be signalled",
	    "--cap-add KILL" },
	[PART_USERS] = { "users", "servers of other users can be seen",
	    "--cap-add SYS_PTRACE" },
	[PART_GUARDIAN] = { "guardian",
	    "SIGKILL of init is survived: init can be traced",
	    "--security-opt seccomp=unconfined, Yama's ptrace_scope below 2"
	    ", or --cap-add SYS_PTRACE" },
};

/* Trying ----------------------------------------------------------------- */

static int
try_device(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int
try_pidfd(void)
{
	int fd = pidfd_open(getpid());

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static bool
see_fusectl(const struct mount *m, void *context)
{
	if (strcmp(m->type, "fusectl") == 0)
		fusectl_see(context, m);
	return true;
}

static int
try_visible(int proc)
{
	struct fusectl fusectl;
	int fd = proc_openat(proc, "self/mountinfo", 0);

	fusectl_init(&fusectl);
	if (fd < 0)
		return errno;
	(void)mountinfo_read(fd, see_fusectl, &fusectl);
	close(fd);
	if (fusectl.visible < 0)
		return ENOENT;
	close(fusectl.visible);
	return 0;
}

static int
try_private(void)
{
	int fd = private_mount("fusectl");

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/*
 * The root of our own mount namespace is never unmounted so: MNT_EXPIRE gives
 * EINVAL there, after the rights were looked at (do_umount(), fs/namespace.c).
 */
static int
try_unmount(void)
{
	if (umount2("/", MNT_EXPIRE) == 0 || errno == EINVAL)
		return 0;
	return errno;
}

static int
try_capability(cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();
	int result = EPERM;

	if (!caps)
		return errno;
	if (cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 &&
	    value == CAP_SET)
		result = 0;
	cap_free(caps);
	return result;
}

/* What the guardian does, for an instant: a child traces us. */
static int
try_guardian(void)
{
	uint64_t leave = UINT64_C(1) << (SIGUSR1 - 1);
	siginfo_t info = { .si_status = 0 };
	pid_t init = getpid(), pid;

	(void)syscall(SYS_rt_sigprocmask, SIG_BLOCK, &leave, NULL,
	    sizeof(leave));
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0) {
		(void)syscall(SYS_rt_sigtimedwait, &leave, NULL, NULL,
		    sizeof(leave));
		_exit(ptrace(PTRACE_SEIZE, init, NULL, NULL) < 0 ? errno : 0);
	}
	(void)prctl(PR_SET_PTRACER, (unsigned long)pid, 0UL, 0UL, 0UL);
	(void)kill(pid, SIGUSR1);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
		return errno;
	return info.si_status;
}

static void
try_all(struct result *results)
{
	int proc = proc_open();

	results[PART_DEVICE].error = try_device();
	results[PART_PROC].error = proc < 0 ? ENOENT : 0;
	results[PART_PIDFD].error = try_pidfd();
	results[PART_VISIBLE].error = try_visible(proc);
	results[PART_PRIVATE].error = try_private();
	results[PART_UNMOUNT].error = try_unmount();
	results[PART_KILL].error = try_capability(CAP_KILL);
	results[PART_USERS].error = try_capability(CAP_SYS_PTRACE);
	results[PART_GUARDIAN].error = try_guardian();
}

/* Judging ---------------------------------------------------------------- */

/* One way to abort is enough; the ladder takes the first. */
static bool
can_abort(const struct result *r)
{
	return r[PART_VISIBLE].error == 0 || r[PART_PRIVATE].error == 0 ||
	    r[PART_UNMOUNT].error == 0;
}

static int
judge(const struct result *r)
{
	bool abort = r[PART_PROC].error == 0 && can_abort(r);
	bool guardian = r[PART_GUARDIAN].error == 0;

	if (!abort && !guardian)
		return 2;
	return abort && guardian && r[PART_DEVICE].error == 0 &&
		r[PART_PIDFD].error == 0 && r[PART_KILL].error == 0 &&
		r[PART_USERS].error == 0 ?
	    0 :
	    1;
}

/* Saying ----------------------------------------------------------------- */

static void
say(const struct text *line)
{
	(void)!write(STDOUT_FILENO, line->start, line->used);
}

/* Not needed, because another way is there. */
static bool
is_spare(enum part part, const struct result *r)
{
	return (part == PART_VISIBLE || part == PART_PRIVATE ||
		   part == PART_UNMOUNT) &&
	    can_abort(r);
}

static void
say_part(enum part part, const struct result *r, bool json)
{
	char buffer[512];
	struct text line = text_over(buffer, sizeof(buffer));
	int error = r[part].error;

	if (json) {
		text_format(&line, "%s{\"part\":\"%s\",\"covered\":%s",
		    part == 0 ? "" : ",", parts[part].name,
		    error ? "false" : "true");
		if (error)
			text_format(&line, ",\"error\":\"%s\",\"flag\":\"%s\"",
			    strerror(error), parts[part].flag);
		text_format(&line, "}");
	} else if (!error)
		text_format(&line, "yes  %s\n", parts[part].what);
	else
		text_format(&line, "%s  %s: %s (%s)\n",
		    is_spare(part, r) ? "-  " : "no ", parts[part].what,
		    strerror(error), parts[part].flag);
	say(&line);
}

static void
say_kernel(bool json)
{
	char buffer[512];
	struct text line = text_over(buffer, sizeof(buffer));
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return;
	if (json)
		text_format(&line, "],\"kernel\":\"%s\",\"fdinfo\":%s",
		    kernel.release, device_told() ? "true" : "false");
	else
		text_format(&line,
		    "Linux %s: a server that dies with files of its own mount "
		    "open hangs, as on\nevery kernel; servers are told by %s.\n",
		    kernel.release,
		    device_told() ? "fdinfo" :
				    "when they come, not by fdinfo (6.16)");
	say(&line);
}

int
check(bool json)
{
	static const char *const verdicts[] = { "all covered", "partly covered",
		"nothing covered" };
	struct result results[PARTS];
	char buffer[128];
	struct text line = text_over(buffer, sizeof(buffer));
	int status;

	try_all(results);
	status = judge(results);
	if (json) {
		text_format(&line, "{\"parts\":[");
		say(&line);
	}
	for (int part = 0; part < PARTS; part++)
		say_part((enum part)part, results, json);
	say_kernel(json);
	line = text_over(buffer, sizeof(buffer));
	if (json)
		text_format(&line, ",\"status\":%d}\n", status);
	else
		text_format(&line, "%s\n", verdicts[status]);
	say(&line);
	return status;
}
