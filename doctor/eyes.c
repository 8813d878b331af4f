#include "doctor/eyes.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/picture.h"
#include "src/base/child.h"
#include "src/base/clock.h"

#define STALL_MS 400 /* for a child to get no further ... */
#define STALLS 8     /* ... so often; then */
#define HURRY_MS 60
#define PATIENCE_MS 2000 /* on top, in all, with children that would get on */

enum progress {
	ENDED,
	WAITS,	 /* for whom it looks at */
	RUNS,	 /* whom it looks at has very many threads or files */
	STARVES, /* it would run, and is given no processor */
};

static void
look_on(struct picture *p, void (*look)(struct picture *, int, int), int proc,
    bool unseen)
{
	for (; p->at < p->tasks.processes; p->at++)
		if (p->tasks.process[p->at].unseen == unseen)
			look(p, proc, p->at);
	_exit(0);
}

/* In milliseconds, by schedstat (proc_pid_schedstat(), fs/proc/base.c). */
struct share {
	long long ran, delayed;
};

static struct share
share_of(int proc, pid_t child)
{
	char buffer[64];
	unsigned long long ran = 0, delayed = 0;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/schedstat", child) > 0)
		(void)sscanf(buffer, "%llu %llu", &ran, &delayed);
	return (struct share){ (long long)(ran / 1000000),
		(long long)(delayed / 1000000) };
}

/* Its stat does not make us wait: our child is in no execve(2). */
static bool
is_runnable(int proc, pid_t child)
{
	char buffer[512];
	const char *end = NULL;

	if (proc_read(proc, buffer, sizeof(buffer), "%d/stat", child) > 0)
		end = strrchr(buffer, ')');
	return end && strncmp(end, ") R", 3) == 0;
}

/*
 * What it has done for `ms` milliseconds. A delay is added up when it is over
 * (sched_info_arrive(), kernel/sched/stats.h): one that lasts shows by the state
 * only.
 */
static enum progress
progress_since(const struct share *before, int proc, pid_t child, long long ms)
{
	struct share now = share_of(proc, child);

	if (now.ran - before->ran >= ms / 8) /* on this one process */
		return RUNS;
	return now.delayed - before->delayed >= ms / 2 ||
		is_runnable(proc, child) ?
	    STARVES :
	    WAITS;
}

static enum progress
await(struct picture *p, int proc, pid_t child, int stall_ms,
    long long *patience_ms)
{
	enum progress progress = STARVES;

	while (progress == RUNS || progress == STARVES) {
		struct share share = share_of(proc, child);
		long long began = now_ms(), ms;
		int before = p->at,
		    result = child_ended(child, began + stall_ms);

		if (result != CHILD_LATE)
			return result == 0 ? ENDED : WAITS;
		if (p->at != before)
			continue;
		ms = now_ms() - began;
		progress = progress_since(&share, proc, child, ms);
		if (*patience_ms <= 0)
			break;
		*patience_ms -= progress == WAITS ? 0 : ms;
	}
	(void)kill(child, SIGKILL);
	/* Who waits for an exec lock ends by that, who ends memory does not. */
	(void)child_wait(child, now_ms() + HURRY_MS);
	return progress;
}

static int
look_at_all(struct picture *p, void (*look)(struct picture *, int, int),
    int proc, bool unseen)
{
	long long patience_ms = PATIENCE_MS;
	int stalls = 0;

	p->at = 0;
	while (p->at < p->tasks.processes) {
		pid_t child = child_start(0);

		if (child == 0)
			look_on(p, look, proc, unseen);
		if (child < 0)
			return -1;
		switch (await(p, proc, child,
		    stalls < STALLS ? STALL_MS : HURRY_MS, &patience_ms)) {
		case ENDED:
			return 0;
		case STARVES:
			errno = ETIME;
			return -1;
		case WAITS:
		case RUNS:
			break;
		}
		stalls++;
		if (p->at < p->tasks.processes)
			p->tasks.process[p->at++].unseen = true;
	}
	return 0;
}

int
eyes_look(struct picture *p, void (*look)(struct picture *, int, int), int proc)
{
	return look_at_all(p, look, proc, false);
}

int
eyes_look_at_unseen(struct picture *p, void (*look)(struct picture *, int, int),
    int proc)
{
	return look_at_all(p, look, proc, true);
}
