/*
 * What holds a container that does not end: read from the kernel, and let go.
 *
 * Of a dying process only files are read that take no reference on its memory:
 * stack and comm do not, status and its like do (see docs/kernel.md).
 */
#include "guest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LATE_MS 1000 /* what takes longer waits for somebody; emulated */
#define LOOK_MS 5

/* Mounted nowhere: in a container it would be a way to abort. */
static int
open_fusectl(void)
{
	int filesystem = fsopen("fusectl", FSOPEN_CLOEXEC);
	int fd = -1;

	if (filesystem != -1 &&
	    fsconfig(filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(filesystem, FSMOUNT_CLOEXEC, 0);
	if (fd == -1) {
		say("broken fusectl: %s", strerror(errno));
		_exit(1);
	}
	close(filesystem);
	return fd;
}

void
find_connections(struct container *container)
{
	char path[64], line[1024];
	FILE *mountinfo;
	int minor;

	container->fusectl = open_fusectl();
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", container->pid);
	mountinfo = fopen(path, "re");
	while (mountinfo != NULL &&
	    fgets(line, sizeof(line), mountinfo) != NULL)
		if (strstr(line, " - fuse.") != NULL &&
		    strstr(line, container->scratch) != NULL &&
		    sscanf(line, "%*d %*d 0:%d", &minor) == 1 &&
		    container->nconnections < MAX_CONNECTIONS)
			container->connections[container->nconnections++] =
			    minor;
	if (mountinfo != NULL)
		fclose(mountinfo);
}

int
abort_connections(const struct container *container)
{
	int aborted = 0;

	for (size_t i = 0; i < container->nconnections; i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "%d/abort",
		    container->connections[i]);
		fd = openat(container->fusectl, path, O_WRONLY | O_CLOEXEC);
		if (fd == -1)
			continue;
		aborted += write(fd, "1", 1) == 1;
		close(fd);
	}
	return aborted;
}

int
count_connections(const struct container *container)
{
	int there = 0;

	for (size_t i = 0; i < container->nconnections; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%d", container->connections[i]);
		there += faccessat(container->fusectl, path, F_OK, 0) == 0;
	}
	return there;
}

static void
read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(line, (int)size, file) == NULL)
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
}

/* "[<0>] fuse_flush+0x12/0x34 [fuse]" and so on become "fuse_flush ...". */
static void
read_stack(const char *path, char *stack, size_t size)
{
	char line[256], function[128];
	FILE *file = fopen(path, "re");
	size_t n = 0;

	stack[0] = '\0';
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "[<%*[^>]>] %127[^+ \n]", function) == 1 &&
		    n + strlen(function) + 2 < size)
			n += (size_t)sprintf(stack + n, "%s ", function);
	if (file != NULL)
		fclose(file);
}

static bool
waits_for_fuse(const char *stack)
{
	return strstr(stack, "request_wait_answer") != NULL ||
	    strstr(stack, "fuse_") != NULL ||
	    strstr(stack, "folio_wait") != NULL ||
	    strstr(stack, "wait_on_page") != NULL ||
	    strstr(stack, "zap_pid_ns_processes") != NULL;
}

static void
say_threads(const struct container *container, const char *word,
    const char *pid)
{
	char path[320], comm[64], stack[2048];
	const struct dirent *task;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	tasks = opendir(path);
	while (tasks != NULL && (task = readdir(tasks)) != NULL) {
		if (!isdigit((unsigned char)task->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task/%.16s/stack", pid,
		    task->d_name);
		read_stack(path, stack, sizeof(stack));
		if (!waits_for_fuse(stack))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task/%.16s/comm", pid,
		    task->d_name);
		read_line(path, comm, sizeof(comm));
		say("%s %d %d %s %s", word, container->cell->number,
		    container->run, comm, stack);
	}
	if (tasks != NULL)
		closedir(tasks);
}

static bool
is_in(const struct container *container, const char *pid)
{
	char path[64];
	struct stat pidns;

	snprintf(path, sizeof(path), "/proc/%.16s/ns/pid", pid);
	return stat(path, &pidns) == 0 && pidns.st_ino == container->pidns;
}

/* Its mounts tell without waiting for it, as long as it lives. */
static bool
is_seen_in(const struct container *container, const char *pid)
{
	char path[64], line[1024];
	bool found = false;
	FILE *mountinfo;

	snprintf(path, sizeof(path), "/proc/%.16s/mountinfo", pid);
	mountinfo = fopen(path, "re");
	while (!found && mountinfo != NULL &&
	    fgets(line, sizeof(line), mountinfo) != NULL)
		found = strstr(line, container->scratch) != NULL;
	if (mountinfo != NULL)
		fclose(mountinfo);
	return found;
}

/* Looking ------------------------------------------------------------------ */

/*
 * Who looks at a task that is inside execve(2) waits with it, until SIGKILL
 * ends the wait (docs/kernel.md): so a child looks, and has a deadline.
 */
enum look { LOOK_NO, LOOK_YES, LOOK_LATE };

static bool
ends_in_time(pid_t looker, int *status)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	double deadline = now_ms() + LATE_MS;
	pid_t ended;

	while ((ended = waitpid(looker, status, WNOHANG)) == 0 &&
	    now_ms() < deadline)
		nanosleep(&pause, NULL);
	return ended == looker;
}

/*
 * Does the looker wait in /proc, and not for a processor? Functions of locks
 * are left out of stacks.
 */
static bool
waits_in_proc(pid_t looker)
{
	char path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", looker);
	read_stack(path, stack, sizeof(stack));
	return strstr(stack, "proc_") != NULL;
}

static enum look
look(bool (*work)(const struct container *container, const char *word,
	 const char *pid),
    const struct container *container, const char *word, const char *pid)
{
	enum look found = LOOK_NO;
	pid_t looker = fork();
	int status;

	if (looker == 0)
		_exit(work(container, word, pid) ? 0 : 1);
	if (looker == -1)
		fail(container, "fork");
	if (ends_in_time(looker, &status))
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ?
		    LOOK_YES :
		    LOOK_NO;
	if (waits_in_proc(looker))
		found = LOOK_LATE;
	kill(looker, SIGKILL);
	waitpid(looker, NULL, 0);
	return found;
}

static bool
say_process(const struct container *container, const char *word,
    const char *pid)
{
	if (is_in(container, pid))
		say_threads(container, word, pid);
	return true;
}

/* Its first thread has a function of that name on its stack. */
static bool
has_on_stack(const struct container *container, const char *name,
    const char *pid)
{
	char path[64], stack[2048];

	(void)container;
	snprintf(path, sizeof(path), "/proc/%.16s/stack", pid);
	read_stack(path, stack, sizeof(stack));
	return strstr(stack, name) != NULL;
}

void
say_stuck(const struct container *container, const char *word)
{
	DIR *proc = opendir("/proc");
	const struct dirent *process;

	while (proc != NULL && (process = readdir(proc)) != NULL)
		if (isdigit((unsigned char)process->d_name[0]) &&
		    look(say_process, container, word, process->d_name) ==
			LOOK_LATE &&
		    is_seen_in(container, process->d_name))
			say("%s %d %d [%.16s] execve", word,
			    container->cell->number, container->run,
			    process->d_name);
	if (proc != NULL)
		closedir(proc);
}

/* By any name: what it executes gives it another on the way. */
bool
has_one_in_execve(const struct container *container)
{
	DIR *proc = opendir("/proc");
	const struct dirent *process;
	bool found = false;

	while (!found && proc != NULL && (process = readdir(proc)) != NULL)
		found = isdigit((unsigned char)process->d_name[0]) &&
		    is_seen_in(container, process->d_name) &&
		    look(has_on_stack, container, "execve", process->d_name) !=
			LOOK_NO;
	if (proc != NULL)
		closedir(proc);
	return found;
}
