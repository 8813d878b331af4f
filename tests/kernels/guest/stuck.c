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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

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
		if (strstr(line, " - fuse.ndrive ") != NULL &&
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

void
say_stuck(const struct container *container, const char *word)
{
	DIR *proc = opendir("/proc");
	const struct dirent *process;

	while (proc != NULL && (process = readdir(proc)) != NULL) {
		char path[64];
		struct stat pidns;

		if (!isdigit((unsigned char)process->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/ns/pid",
		    process->d_name);
		if (stat(path, &pidns) == 0 && pidns.st_ino == container->pidns)
			say_threads(container, word, process->d_name);
	}
	if (proc != NULL)
		closedir(proc);
}
