#include "init/check.h"

#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "init/pid1.h"
#include "init/rights.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/proc/fdinfo.h"
#include "src/proc/procfs.h"

/* 1 is for what went wrong with the question itself. */
enum { CHECK_COVERED = 0, CHECK_LACKS = 2 };

#define SYS_ADMIN_FLAG "--cap-add SYS_ADMIN"

/*
 * Of each right, in the order of init/rights.h: its name in JSON, what it is
 * for, and the flag of docker run and podman run that gives it. One text, since
 * a pointer in a static PIE is 8 bytes, and 24 to relocate it.
 */
enum column { NAME, WHAT, FLAG, COLUMNS };

static const char parts[] =
    "device\0"
    "FUSE can be served: /dev/fuse opens\0"
    "--device /dev/fuse\0"

    "proc\0"
    "/proc shows our PID namespace\0"
    "mount a procfs at /proc, or " SYS_ADMIN_FLAG "\0"

    "pidfd\0"
    "processes can be pinned: pidfd_open(2)\0"
    "--security-opt seccomp=unconfined, or Linux 5.3\0"

    "fusectl\0"
    "abort by a fusectl that is visible\0"
    "-v /sys/fs/fuse/connections:/sys/fs/fuse/connections, "
    "and no AppArmor profile that denies it\0"

    "private-fusectl\0"
    "abort by a fusectl of our own, and requests in flight are seen\0" SYS_ADMIN_FLAG
    " (not in a user namespace)\0"

    "umount\0"
    "abort by umount2(MNT_FORCE)\0" SYS_ADMIN_FLAG "\0"

    "pidfd-getfd\0"
    "abort by answers in place of a server that lives: pidfd_getfd(2)\0"
    "--cap-add SYS_PTRACE, or Linux 5.6\0"

    "kill\0"
    "processes of other users can be signalled\0"
    "--cap-add KILL\0"

    "users\0"
    "servers of other users can be seen\0"
    "--cap-add SYS_PTRACE, or SETUID and SETGID\0"

    "changed-users\0"
    "servers that have changed their user by themselves can be seen\0"
    "--cap-add SYS_PTRACE\0"

    "guardian\0"
    "SIGKILL of init is survived: init can be traced\0"
    "--security-opt seccomp=unconfined, Yama's ptrace_scope below 2"
    ", or --cap-add SYS_PTRACE";

static const char *
text_of(int part, enum column column)
{
	return text_nth(parts, COLUMNS * part + (int)column);
}

/* Judging ---------------------------------------------------------------- */

/*
 * One way to abort is enough; the ladder takes the first. But answers are for
 * servers that live: one that died by itself has closed its /dev/fuse.
 */
enum {
	ABORTS = 1 << RIGHT_VISIBLE | 1 << RIGHT_PRIVATE | 1 << RIGHT_UNMOUNT,
	/*
	 * Without these a container that serves FUSE may hang, or lose what it
	 * wrote. A server that changes its user by itself is rare.
	 */
	NEEDED = 1 << RIGHT_DEVICE | 1 << RIGHT_PROC | 1 << RIGHT_PIDFD |
	    1 << RIGHT_KILL | 1 << RIGHT_USERS | 1 << RIGHT_GUARDIAN,
};

static bool
is_of(int part, int parts_wanted)
{
	return parts_wanted >> part & 1;
}

static bool
can_abort(const int *errors)
{
	return errors[RIGHT_VISIBLE] == 0 || errors[RIGHT_PRIVATE] == 0 ||
	    errors[RIGHT_UNMOUNT] == 0;
}

/* Not needed, because another way is there. */
static bool
is_spare(int part, const int *errors)
{
	return is_of(part, ABORTS | 1 << RIGHT_ANSWER) && can_abort(errors);
}

static bool
is_needed(int part, const int *errors)
{
	return is_of(part, NEEDED) ||
	    (is_of(part, ABORTS) && (errors[part] == 0 || !can_abort(errors)));
}

/* Is a right missing that is needed, or with !needed, that is not? */
static bool
lacks(const int *errors, bool needed)
{
	for (int part = 0; part < RIGHTS; part++)
		if (errors[part] != 0 && is_needed(part, errors) == needed &&
		    !is_spare(part, errors))
			return true;
	return false;
}

/* Saying ----------------------------------------------------------------- */

static void
say(const char *text)
{
	(void)!write(STDOUT_FILENO, text, strlen(text));
}

static void
say_part(int part, const int *errors, bool json)
{
	char buffer[512];
	struct text line = text_over(buffer, sizeof(buffer));
	int error = errors[part];

	if (json) {
		text_format(&line,
		    "%s{\"part\":\"%s\",\"needed\":%s,\"covered\":%s",
		    part == 0 ? "" : ",", text_of(part, NAME),
		    is_needed(part, errors) ? "true" : "false",
		    error ? "false" : "true");
		if (error)
			text_format(&line, ",\"error\":\"%s\",\"flag\":\"%s\"",
			    error_text(error), text_of(part, FLAG));
		text_format(&line, "}");
	} else if (!error)
		text_format(&line, "yes  %s\n", text_of(part, WHAT));
	else
		text_format(&line, "%s  %s: %s (%s)\n",
		    is_spare(part, errors) ? "-  " : "no ", text_of(part, WHAT),
		    error_text(error), text_of(part, FLAG));
	say(line.start);
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
		    kernel.release, fdinfo_tells_device() ? "true" : "false");
	else
		text_format(&line,
		    "Linux %s: a server that dies with files of its own mount "
		    "open hangs, as on\nevery kernel; servers are found by %s.\n",
		    kernel.release,
		    fdinfo_tells_device() ? "fdinfo" :
					    "time, not by fdinfo (6.16)");
	say(line.start);
}

#define EXEC_FORM "the exec form of ENTRYPOINT, no --init"

/* `pid1`: who is, where it is not us; else NULL. */
static void
say_pid1(const char *pid1)
{
	char buffer[128];
	struct text line = text_over(buffer, sizeof(buffer));

	text_format(&line,
	    "no   SIGKILL of PID 1 is survived: PID 1 is %s (" EXEC_FORM ")\n",
	    pid1);
	say(line.start);
}

static void
say_parts(const int *errors, bool needed)
{
	say(needed ? "needed:\n" : "more:\n");
	for (int part = 0; part < RIGHTS; part++)
		if (is_needed(part, errors) == needed)
			say_part(part, errors, false);
}

static void
say_json(const int *errors, int status, const char *pid1)
{
	char buffer[32];
	struct text end = text_over(buffer, sizeof(buffer));

	say("{\"parts\":[");
	if (pid1)
		say("{\"part\":\"pid1\",\"needed\":true,\"covered\":false,"
		    "\"error\":\"PID 1 is not fini\",\"flag\":\"" EXEC_FORM
		    "\"},");
	for (int part = 0; part < RIGHTS; part++)
		say_part(part, errors, true);
	say_kernel(true);
	text_format(&end, ",\"status\":%d}\n", status);
	say(end.start);
}

static void
say_text(const int *errors, int status, const char *pid1)
{
	say_parts(errors, true);
	if (pid1)
		say_pid1(pid1);
	say_parts(errors, false);
	say_kernel(false);
	if (status == CHECK_LACKS)
		say("not covered: something needed is missing\n");
	else
		say(lacks(errors, false) ?
			"covered, but not a server that changes its user\n" :
			"all covered\n");
}

int
check(bool json)
{
	int errors[RIGHTS], status, proc = proc_open();
	char comm[COMM_SIZE], own[COMM_SIZE];
	const char *pid1 = NULL;

	proc_comm(proc, 1, comm);
	proc_comm(proc, getpid(), own);
	/* `docker exec NAME /fini --check`: PID 1 is fini, by whatever name. */
	if (pid1_is_foreign(proc) && strcmp(comm, own) != 0)
		pid1 = comm;
	rights_try(errors);
	status = pid1 || lacks(errors, true) ? CHECK_LACKS : CHECK_COVERED;
	if (json)
		say_json(errors, status, pid1);
	else
		say_text(errors, status, pid1);
	return status;
}
