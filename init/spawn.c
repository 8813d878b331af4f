#include "init/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/limits.h"
#include "init/words.h"
#include "src/base/child.h"
#include "src/base/error.h"
#include "src/base/fd.h"
#include "src/base/gate.h"
#include "src/base/log.h"
#include "src/base/signals.h"
#include "src/base/text.h"

#define DEFAULT_PATH                                         \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:" \
	"/sbin:/bin"	/* where PATH is not set; what engines set it to */
#define SCRIPT_PROBE 80 /* bytes looked at to tell a script from a binary */

enum { EXIT_OTHER = 1, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/*
 * Two groups outside our PID namespace are both called 0. Then a read of no
 * bytes tells: __tty_check_change() (drivers/tty/tty_jobctrl.c) refuses it with
 * EIO to a background process that blocks SIGTTIN.
 */
static bool
in_foreground(void)
{
	pid_t group = getpgrp(), its;
	char nothing;

	if (syscall(SYS_ioctl, STDIN_FILENO, TIOCGPGRP, &its) < 0 ||
	    its != group)
		return false;
	return group != 0 || read(STDIN_FILENO, &nothing, 0) == 0;
}

/*
 * Done by the child, who has all signals blocked: SIGTTOU would stop whoever
 * calls tcsetpgrp() from the background (tcsetpgrp(3)). Doing it before
 * execve() leaves no moment in which main runs without its terminal. Where
 * somebody else has the terminal, as a shell that runs us in the background,
 * it stays theirs. No error here is a reason not to start main.
 */
static void
take_terminal(bool stdin_is_device)
{
	bool foreground = stdin_is_device && in_foreground();
	pid_t group = getpid();

	setpgid(0, 0);
	if (foreground)
		(void)syscall(SYS_ioctl, STDIN_FILENO, TIOCSPGRP, &group);
}

/* A text file's first line has no NUL; every binary format's has. */
static bool
is_script(const char *path)
{
	char bytes[SCRIPT_PROBE];
	int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	for (ssize_t i = 0; i < n && bytes[i] != '\n'; i++)
		if (bytes[i] == '\0')
			return false;
	return n >= 0;
}

/* Returns only on failure, with errno. */
static void
execute_file(char *path, char **argv)
{
	extern char **environ;
	char shell[] = "/bin/sh";

	execve(path, argv, environ);
	if (errno != ENOEXEC || !is_script(path))
		return;
	argv[-1] = shell;
	argv[0] = path;
	execve(shell, argv - 1, environ);
}

static const char *
path_variable(void)
{
	extern char **environ;

	for (char **variable = environ; *variable; variable++) {
		const char *value = text_after(*variable, "PATH=");

		if (value)
			return value;
	}
	return DEFAULT_PATH;
}

/*
 * As execvp(3): the first that can be executed; if none can, EACCES of any is
 * worth more than the ENOENT of the last.
 */
static void
execute_from_path(char **argv)
{
	const char *directory = path_variable();
	char *name = argv[0];
	char path[PATH_MAX];
	bool denied = false;

	errno = ENOENT;
	for (;;) {
		size_t length = text_until(directory, ':');
		struct text t = text_over(path, sizeof(path));

		if (length + strlen(name) + 2 <= sizeof(path)) {
			memcpy(path, directory, length);
			t.used = length;
			text_format(&t, length > 0 ? "/%s" : "%s", name);
			execute_file(path, argv);
			if (errno == EACCES)
				denied = true;
			else if (errno != ENOENT && errno != ENOTDIR)
				return;
		}
		directory += length;
		if (*directory++ == '\0')
			break;
	}
	if (denied)
		errno = EACCES;
}

/* As tini; but its execvp(3) gives to /bin/sh what is ENOEXEC. */
static int
exit_status(int error)
{
	switch (error) {
	case ENOENT:
		return EXIT_NOT_FOUND;
	case EACCES:
	case ENOEXEC:
		return EXIT_NOT_EXECUTABLE;
	default:
		return EXIT_OTHER;
	}
}

/* In the child: returns to nobody. */
static _Noreturn void
become(char **argv, int *why, struct log *log)
{
	char *name = argv[0];

	if (*name == '\0')
		errno = ENOENT;
	else if (text_has(name, '/'))
		execute_file(name, argv);
	else
		execute_from_path(argv);
	if (why)
		*why = errno;
	else
		log_line(log, LOG_ERROR, "exec %s: %s", name,
		    error_text(errno));
	_exit(exit_status(errno));
}

pid_t
spawn_main(char **argv, const struct signal_state *before, bool stdin_is_device,
    struct gate *gate, struct log *log)
{
	pid_t pid = child_start(0);

	if (pid != 0)
		return pid;
	take_terminal(stdin_is_device);
	gate_await(gate, CLOSED_MS);
	signals_restore(before);
	become(argv, NULL, log);
}

pid_t
spawn_command(const char *command, const struct signal_state *before,
    int (*enter)(void), int *error, struct log *log)
{
	struct words words;
	char **argv = words_split(&words, command);
	pid_t pid;

	if (!argv) {
		errno = EINVAL;
		return -1;
	}
	pid = child_start(0);
	if (pid != 0)
		return pid;
	setpgid(0, 0);
	fd_replace_by_null(STDIN_FILENO);
	fd_close_between(STDIO, ~0U);
	if (enter && enter() < 0) {
		if (error)
			*error = errno;
		_exit(EXIT_OTHER);
	}
	signals_restore(before);
	become(argv, error, log);
}
