#include "init/rights.h"

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
#include <unistd.h>

#include "init/tracee.h"
#include "src/base/child.h"
#include "src/base/clock.h"
#include "src/base/fd.h"
#include "src/base/pidfd.h"
#include "src/base/syscalls.h"
#include "src/fuse/fusectl.h"
#include "src/proc/mountinfo.h"
#include "src/proc/private_mount.h"
#include "src/proc/procfs.h"

#define TRIAL_MS 1000 /* for a child to trace us; it takes none */

static int
try_device(void)
{
	int fd = fd_open(AT_FDCWD, "/dev/fuse", O_RDWR | O_CLOEXEC);

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

/* As with a server of our own user: ourselves. */
static int
try_answer(void)
{
	int pidfd = pidfd_open(getpid()), fd, error = errno;

	if (pidfd < 0)
		return error;
	fd = pidfd_getfd(pidfd, pidfd);
	error = fd < 0 ? errno : 0;
	close(pidfd);
	if (fd >= 0)
		close(fd);
	return error;
}

static int
try_visible(int proc)
{
	struct fusectl fusectl;
	struct mounts m;
	const struct mount *mount;
	int fd = proc_openat(proc, O_RDONLY, "self/mountinfo");

	fusectl_init(&fusectl);
	if (fd < 0)
		return errno;
	(void)mounts_open(&m, fd);
	while ((mount = mounts_next(&m)) != NULL)
		if (strcmp(mount->type, "fusectl") == 0)
			fusectl_see(&fusectl, mount);
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

/* The root is never unmounted so (do_umount(), fs/namespace.c). */
bool
rights_may_unmount(void)
{
	return umount2("/", MNT_EXPIRE) == 0 || errno == EINVAL;
}

static int
try_unmount(void)
{
	return rights_may_unmount() ? 0 : errno;
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

/* The other two: src/proc/owner.h. */
static int
try_users(void)
{
	int error = try_capability(CAP_SYS_PTRACE);

	if (error != 0 && try_capability(CAP_SETUID) == 0)
		error = try_capability(CAP_SETGID);
	return error;
}

/* What the guardian does, for an instant: a child traces us. */
static int
try_guardian(void)
{
	uint64_t leave = UINT64_C(1) << (SIGUSR1 - 1);
	pid_t init = getpid(), pid;
	int result;

	(void)syscall(SYS_rt_sigprocmask, SIG_BLOCK, &leave, NULL,
	    sizeof(leave));
	pid = child_start(0);
	if (pid < 0)
		return errno;
	if (pid == 0) {
		(void)syscall(SYS_rt_sigtimedwait, &leave, NULL, NULL,
		    sizeof(leave));
		_exit(tracee_ask(PTRACE_SEIZE, init, 0) < 0 ? errno : 0);
	}
	(void)prctl(PR_SET_PTRACER, (unsigned long)pid, 0UL, 0UL, 0UL);
	(void)kill(pid, SIGUSR1);
	result = child_wait(pid, now_ms() + TRIAL_MS);
	return result < 0 ? ETIMEDOUT : result;
}

void
rights_try(int *errors)
{
	int proc = proc_open();

	errors[RIGHT_DEVICE] = try_device();
	errors[RIGHT_PROC] = proc < 0 ? ENOENT : 0;
	errors[RIGHT_PIDFD] = try_pidfd();
	errors[RIGHT_VISIBLE] = try_visible(proc);
	errors[RIGHT_PRIVATE] = try_private();
	errors[RIGHT_UNMOUNT] = try_unmount();
	errors[RIGHT_ANSWER] = try_answer();
	errors[RIGHT_KILL] = try_capability(CAP_KILL);
	errors[RIGHT_USERS] = try_users();
	errors[RIGHT_CHANGED] = try_capability(CAP_SYS_PTRACE);
	errors[RIGHT_GUARDIAN] = try_guardian();
}
