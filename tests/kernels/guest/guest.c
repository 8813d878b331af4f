/* PID 1 of the virtual machine: makes it a machine, and goes through the plan. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MODULE "/fuse.ko" /* there if the kernel does not have it built in */
#define RING "/sys/module/fuse/parameters/enable_uring" /* Linux 6.14 */

void
say(const char *format, ...)
{
	char line[4096] = "@ ";
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(line + 2, sizeof(line) - 3, format, arguments);
	va_end(arguments);
	length = strlen(line);
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, length) == -1)
		_exit(1);
}

double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
need(bool done, const char *what)
{
	if (done)
		return;
	say("broken %s: %s", what, strerror(errno));
	reboot(RB_POWER_OFF);
}

/* The initramfs has no device nodes: nobody needs to be root to make it. */
static void
open_console(void)
{
	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) == -1 &&
	    errno != EBUSY)
		reboot(RB_POWER_OFF);
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		close(fd);
		if (open("/dev/console", O_RDWR | O_NOCTTY) != fd)
			reboot(RB_POWER_OFF);
	}
}

static void
load_fuse(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	need(syscall(SYS_finit_module, fd, "", 0) == 0, MODULE);
	close(fd);
}

/* For servers that ask for it: FUSE over io_uring. */
static void
allow_rings(void)
{
	int fd = open(RING, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	need(write(fd, "Y", 1) == 1, RING);
	close(fd);
}

static void
become_machine(void)
{
	open_console();
	mkdir("/proc", 0555);
	need(mount("proc", "/proc", "proc", 0, NULL) == 0, "/proc");
	mkdir("/sys", 0555);
	need(mount("sysfs", "/sys", "sysfs", 0, NULL) == 0, "/sys");
	load_fuse();
	allow_rings();
	need(access("/dev/fuse", R_OK) == 0, "/dev/fuse");
	mkdir("/scratch", 0755);
	setenv("PATH", "/bin", 1);
	need(foreign_start(), "the foreign drive");
}

static void
wait_for(pid_t runs[], int n)
{
	int left = n;

	while (left > 0) {
		pid_t pid = wait(NULL); /* orphans are ours too */

		for (int i = 0; i < n; i++)
			if (runs[i] == pid)
				left--;
	}
}

static void
run_cell(const struct cell *cell)
{
	pid_t runs[cell->runs];

	if (access(cell->needs, F_OK) == -1) {
		for (int i = 0; i < cell->runs; i++)
			say("run %d %d lacking %s", cell->number, i,
			    cell->needs);
		return;
	}
	for (int i = 0; i < cell->runs; i++) {
		runs[i] = fork();
		need(runs[i] != -1, "fork");
		if (runs[i] == 0) {
			run(cell, i);
			_exit(0);
		}
		if (!cell->together)
			wait_for(&runs[i], 1);
	}
	if (cell->together)
		wait_for(runs, cell->runs);
}

static bool
parse_cell(const char *line, struct cell *cell)
{
	char how[16], when[16], execs[16];

	if (sscanf(line, "%d %31s %15s %15s %d %d %63s %63s %15s",
		&cell->number, cell->init, how, when, &cell->runs,
		&cell->bound_ms, cell->scene, cell->needs, execs) != 9)
		return false;
	cell->execs = strcmp(execs, "execve") == 0;
	cell->sigkill = strcmp(how, "kill") == 0;
	cell->together = strcmp(when, "together") == 0;
	return cell->runs > 0;
}

int
main(void)
{
	struct utsname name;
	struct cell cell;
	char line[256];
	FILE *plan;

	become_machine();
	uname(&name);
	say("kernel %s %s", name.release, name.machine);
	plan = fopen("/plan", "re");
	need(plan != NULL, "/plan");
	while (fgets(line, sizeof(line), plan) != NULL) {
		need(parse_cell(line, &cell), line);
		run_cell(&cell);
	}
	say("done");
	reboot(RB_POWER_OFF);
}
