#include "init/check.h"

#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "init/rights.h"
#include "src/device.h"
#include "src/format.h"

#define SYS_ADMIN_FLAG "--cap-add SYS_ADMIN"

static const struct {
	const char *name; /* in JSON */
	const char *what;
	const char *flag; /* of docker run and podman run */
} parts[RIGHTS] = {
	[RIGHT_DEVICE] = { "device", "FUSE can be served: /dev/fuse opens",
	    "--device /dev/fuse" },
	[RIGHT_PROC] = { "proc", "/proc shows our PID namespace",
	    "mount a procfs at /proc, or " SYS_ADMIN_FLAG },
	[RIGHT_PIDFD] = { "pidfd", "processes can be pinned: pidfd_open(2)",
	    "--security-opt seccomp=unconfined, or Linux 5.3" },
	[RIGHT_VISIBLE] = { "fusectl", "abort by a fusectl that is visible",
	    "-v /sys/fs/fuse/connections:/sys/fs/fuse/connections, "
	    "and no AppArmor profile that denies it" },
	[RIGHT_PRIVATE] = { "private-fusectl",
	    "abort by a fusectl of our own, and requests in flight are seen",
	    SYS_ADMIN_FLAG " (not in a user namespace)" },
	[RIGHT_UNMOUNT] = { "umount", "abort by umount2(MNT_FORCE)",
	    SYS_ADMIN_FLAG },
	[RIGHT_ANSWER] = { "pidfd-getfd",
	    "abort by answers in place of a server that lives: pidfd_getfd(2)",
	    "--cap-add SYS_PTRACE, or Linux 5.6" },
	[RIGHT_KILL] = { "kill", "processes of other users can be signalled",
	    "--cap-add KILL" },
	[RIGHT_USERS] = { "users", "servers of other users can be seen",
	    "--cap-add SYS_PTRACE, or SETUID and SETGID" },
	[RIGHT_CHANGED] = { "changed-users",
	    "servers that have changed their user by themselves can be seen",
	    "--cap-add SYS_PTRACE" },
	[RIGHT_GUARDIAN] = { "guardian",
	    "SIGKILL of init is survived: init can be traced",
	    "--security-opt seccomp=unconfined, Yama's ptrace_scope below 2"
	    ", or --cap-add SYS_PTRACE" },
};

/* Judging ---------------------------------------------------------------- */

/*
 * One way to abort is enough; the ladder takes the first. But answers are for
 * servers that live: one that died by itself has closed its /dev/fuse.
 */
static bool
can_abort(const int *errors)
{
	return errors[RIGHT_VISIBLE] == 0 || errors[RIGHT_PRIVATE] == 0 ||
	    errors[RIGHT_UNMOUNT] == 0;
}

static int
judge(const int *errors)
{
	bool abort = errors[RIGHT_PROC] == 0 && can_abort(errors);
	bool answer = errors[RIGHT_PROC] == 0 && errors[RIGHT_ANSWER] == 0;
	bool guardian = errors[RIGHT_GUARDIAN] == 0;

	if (!abort && !answer && !guardian)
		return 2;
	return abort && guardian && errors[RIGHT_DEVICE] == 0 &&
		errors[RIGHT_PIDFD] == 0 && errors[RIGHT_KILL] == 0 &&
		errors[RIGHT_USERS] == 0 && errors[RIGHT_CHANGED] == 0 ?
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
is_spare(enum right part, const int *errors)
{
	return (part == RIGHT_VISIBLE || part == RIGHT_PRIVATE ||
		   part == RIGHT_UNMOUNT || part == RIGHT_ANSWER) &&
	    can_abort(errors);
}

static void
say_part(enum right part, const int *errors, bool json)
{
	char buffer[512];
	struct text line = text_over(buffer, sizeof(buffer));
	int error = errors[part];

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
		    is_spare(part, errors) ? "-  " : "no ", parts[part].what,
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
	int errors[RIGHTS];
	char buffer[128];
	struct text line = text_over(buffer, sizeof(buffer));
	int status;

	rights_try(errors);
	status = judge(errors);
	if (json) {
		text_format(&line, "{\"parts\":[");
		say(&line);
	}
	for (int part = 0; part < RIGHTS; part++)
		say_part((enum right)part, errors, json);
	say_kernel(json);
	line = text_over(buffer, sizeof(buffer));
	if (json)
		text_format(&line, ",\"status\":%d}\n", status);
	else
		text_format(&line, "%s\n", verdicts[status]);
	say(&line);
	return status;
}
