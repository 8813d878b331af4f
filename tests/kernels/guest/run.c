/* One container: started, ended, and what became of it. */
#include "guest.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 20000	 /* the launcher, emulated */
#define READY_MS 20000	 /* a scene until it is ready */
#define TRIES 3		 /* to make it so */
#define EXECVE_MS 8000	 /* a client until it waits inside execve(2) */
#define GUARD_MS 20000	 /* fini until its guardian watches */
#define RELEASE_MS 15000 /* after an abort */
#define GONE_MS 2000	 /* the connections, after the container */
#define LOOK_MS 5	 /* between two looks where no event tells */
#define MAIN_STATUS 7	 /* what main exits with */
#define SEED_BYTES 65536 /* of the file "seed" in what is served */

static bool
readable(int fd, double deadline)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	double left = deadline - now_ms();

	return poll(&in, 1, left > 0 ? (int)left + 1 : 0) == 1;
}

static void
look_again_soon(void)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };

	nanosleep(&pause, NULL);
}

/* The next line of the launcher. Returns false if there is none in time. */
static bool
next_event(int fd, char *line, size_t size, double deadline)
{
	size_t n = 0;

	while (n + 1 < size && readable(fd, deadline)) {
		if (read(fd, line + n, 1) != 1)
			return false;
		if (line[n] == '\n') {
			line[n] = '\0';
			return true;
		}
		n++;
	}
	return false;
}

static _Noreturn void
launch(const struct container *container, int report)
{
	char init[64], number[16];

	if (chdir(container->scratch) == -1)
		_exit(125);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	close(STDERR_FILENO);
	open("stderr", O_WRONLY | O_CREAT | O_APPEND, 0644);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	snprintf(init, sizeof(init), "/bin/%s", container->cell->init);
	snprintf(number, sizeof(number), "%d", report);
	execl("/bin/launch", "launch", "--report", number, "--", init, "--",
	    "/bin/sh", container->cell->scene, container->scratch, NULL);
	err(125, "/bin/launch");
}

static void
start(struct container *container)
{
	char line[256];
	int report[2];

	if (pipe2(report, O_CLOEXEC) == -1)
		fail(container, "pipe");
	container->launcher = fork();
	if (container->launcher == -1)
		fail(container, "fork");
	if (container->launcher == 0) {
		fcntl(report[1], F_SETFD, 0);
		launch(container, report[1]);
	}
	close(report[1]);
	container->events = report[0];
	if (!next_event(container->events, line, sizeof(line),
		now_ms() + START_MS) ||
	    sscanf(line,
		"{\"event\": \"started\", \"pid\": %d, \"pidns\": %lu}",
		&container->pid, &container->pidns) != 2)
		fail(container, "start");
}

static bool
is_ready(struct container *container)
{
	struct pollfd either[] = {
		{ .fd = container->ready, .events = POLLIN },
		{ .fd = container->events, .events = POLLIN }, /* its end */
	};
	bool ready =
	    poll(either, 2, READY_MS) == 1 && either[0].revents == POLLIN;

	find_connections(container);
	if (either[1].revents != 0) {
		errno = ECHILD;
		fail(container, "main ended before the scene was ready");
	}
	if (ready && container->nconnections == 0) {
		errno = ENODEV;
		fail(container, "nothing is mounted");
	}
	return ready;
}

static bool
is_guarded(const struct container *container)
{
	char path[64], line[256];
	int tracer = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", container->pid);
	status = fopen(path, "re");
	if (status == NULL)
		fail(container, path);
	while (fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	fclose(status);
	return tracer != 0;
}

static void
await_guardian(const struct container *container)
{
	double deadline = now_ms() + GUARD_MS;

	while (!is_guarded(container)) {
		if (now_ms() > deadline) {
			errno = ETIMEDOUT;
			fail(container, "no guardian");
		}
		look_again_soon();
	}
}

/* Else the scene shows nothing. */
static bool
waits_in_execve(const struct container *container)
{
	double deadline = now_ms() + EXECVE_MS;

	if (!container->cell->execs)
		return true;
	while (!has_one_in_execve(container)) {
		if (now_ms() > deadline)
			return false;
		look_again_soon();
	}
	return true;
}

/* Returns the moment. */
static double
make_end(const struct container *container)
{
	double asked = now_ms();

	if (container->cell->sigkill) {
		if (kill(container->pid, SIGKILL) == -1)
			fail(container, "SIGKILL");
	} else if (dprintf(container->go, "%d\n", MAIN_STATUS) < 0) {
		fail(container, "go");
	}
	return asked;
}

/* Whether it has ended; with what wait status, and when. */
static bool
await_end(const struct container *container, double deadline, int *status,
    double *ended_ms)
{
	char line[256];
	double seconds;

	if (!next_event(container->events, line, sizeof(line), deadline))
		return false;
	if (sscanf(line,
		"{\"event\": \"ended\", \"status\": %d, \"monotonic\": %lf}",
		status, &seconds) != 2)
		fail(container, line);
	*ended_ms = seconds * 1e3;
	waitpid(container->launcher, NULL, 0);
	return true;
}

static int
release(const struct container *container)
{
	int status, aborted = abort_connections(container);
	double ended;

	if (await_end(container, now_ms() + RELEASE_MS, &status, &ended))
		return aborted;
	if (!container->cell->together)
		fail(container, "aborted, and still there");
	return -1; /* a control may hang for good */
}

static void
check_gone(const struct container *container)
{
	double deadline = now_ms() + GONE_MS;

	while (count_connections(container) > 0) {
		if (now_ms() > deadline) {
			errno = EBUSY;
			fail(container, "a connection is left");
		}
		look_again_soon();
	}
}

/*
 * A server that maps its own file can block itself while it does so, alive:
 * fuse_page_mkwrite() waits in the page fault for write-back, and
 * fuse_dev_read(), which would fetch that request, for the memory that the
 * fault has locked (get_user_pages_unlocked(); seen on 6.1). That is not yet
 * the scene, so it is done again.
 */
static struct container
begin(const struct cell *cell, int number)
{
	for (int try = 0; try < TRIES; try++) {
		struct container container = {
			.cell = cell,
			.run = number,
			.try = try,
		};

		make_scratch(&container);
		start(&container);
		if (is_ready(&container))
			return container;
		say("again %d %d", cell->number, number);
		say_stuck(&container, "unready");
		kill(container.pid, SIGKILL);
		(void)release(&container);
	}
	say("run %d %d failed the scene is not ready", cell->number, number);
	_exit(1);
}

void
run(const struct cell *cell, int number)
{
	struct container container = begin(cell, number);
	double asked, ended;
	int status;

	if (cell->sigkill && strcmp(cell->init, "fini") == 0)
		await_guardian(&container);
	if (!waits_in_execve(&container)) {
		kill(container.pid, SIGKILL);
		(void)release(&container);
		say("run %d %d lacking a wait inside execve(2)", cell->number,
		    number);
		return;
	}
	asked = make_end(&container);
	if (!await_end(&container, asked + cell->bound_ms, &status, &ended)) {
		int aborted;

		say_stuck(&container, "stuck");
		aborted = release(&container);
		foreign_check(&container);
		say("run %d %d hang %d", cell->number, number, aborted);
	} else {
		check_gone(&container);
		foreign_check(&container);
		say("run %d %d ended %.1f %d", cell->number, number,
		    ended - asked,
		    WIFSIGNALED(status) ? -WTERMSIG(status) :
					  WEXITSTATUS(status));
	}
	say_stderr(&container);
}
