#include "doctor/waits.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/proc/procfs.h"

static double
ran_at(int proc, const char *who, pid_t tid)
{
	char buffer[1024], *line;

	if (tid == 0 ?
		proc_read(proc, buffer, sizeof(buffer), "%s/sched", who) < 0 :
		proc_read(proc, buffer, sizeof(buffer), "%s/task/%d/sched", who,
		    tid) < 0)
		return -1;
	line = strstr(buffer, "exec_start");
	line = line ? strchr(line, ':') : NULL;
	return line ? atof(line + 1) : -1;
}

/* Our exec_start on that processor: it is no other's. */
static double
now_on(int proc, int cpu)
{
	cpu_set_t before, there;
	double now;

	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(before), &before) < 0)
		return -1;
	CPU_ZERO(&there);
	CPU_SET((size_t)cpu, &there);
	if (sched_setaffinity(0, sizeof(there), &there) < 0)
		return -1;
	now = ran_at(proc, "self", 0);
	(void)sched_setaffinity(0, sizeof(before), &before);
	return now;
}

/*
 * se.exec_start is the clock when it ran last, in milliseconds, and for who
 * reads its own that is now (proc_sched_show_task(), kernel/sched/debug.c; it
 * needs CONFIG_SCHED_DEBUG before Linux 6.15). Each processor has a clock of
 * its own, which leaves out the time that interrupts and the hypervisor took
 * (update_rq_clock_task(), kernel/sched/core.c): two were 7 seconds apart.
 */
long long
waits_since(int proc, pid_t pid, pid_t tid, int cpu)
{
	char who[16];
	double then, now;

	snprintf(who, sizeof(who), "%d", pid);
	then = ran_at(proc, who, tid);
	now = now_on(proc, cpu);
	if (now < 0 || then < 0)
		return -1;
	/* 0: it has been moved, and is about to run (migrate_task_rq_fair()) */
	return then > 0 && now > then ? (long long)(now - then) : 0;
}
