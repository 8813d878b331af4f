/* A host in which a container does not end, for the doctor's tests. */
#ifndef FINI_TEST_HOST_H
#define FINI_TEST_HOST_H

#include "tests/unit/unit.h"

#include "doctor/diagnosis.h"

#define OURS 1	  /* the PID namespace of the host */
#define DYING 100 /* ids of PID namespaces */
#define OTHER 200
#define INNER 300 /* below DYING */
#define HOST_MOUNTS 11
#define DYING_MOUNTS 12
#define OTHER_MOUNTS 13

static struct picture *p;
static struct findings all;

static inline int
process(pid_t pid, unsigned pid_namespace, unsigned mounts, bool exiting)
{
	p->tasks.process[p->tasks.processes] = (struct process){
		.pid = pid,
		.pid_namespace = pid_namespace,
		.mnt_namespace = mounts,
		.exiting = exiting,
		.inner = 2,
		.comm = "x",
	};
	return p->tasks.processes++;
}

static inline void
a_namespace(unsigned id, unsigned parent, int init, bool dying)
{
	p->tasks.namespace[p->tasks.namespaces++] = (struct pidns){
		.id = id, .parent = parent, .init = init, .dying = dying
	};
}

static inline int
thread(int of, enum cause cause, long long waits_ms)
{
	p->tasks.thread[p->tasks.threads] = (struct thread){ .process = of,
		.tid = p->tasks.process[of].pid,
		.cause = cause,
		.waits.ms = waits_ms,
		.behind.thread = NONE };
	return p->tasks.threads++;
}

static inline void
mounted(unsigned mounts, unsigned connection)
{
	p->drives.mounted[p->drives.mounts++] =
	    (struct mounted){ .mnt_namespace = mounts,
		    .connection = connection };
}

static inline void
connection(unsigned id, unsigned waiting)
{
	p->drives.connection[p->drives.connections++] =
	    (struct connection){ .id = id, .waiting = waiting };
}

static inline void
holder(int of, unsigned connection_id)
{
	p->drives.holder[p->drives.holders++] = (struct holder){ .process = of,
		.connection = connection_id,
		.mnt_namespace = p->tasks.process[of].mnt_namespace };
}

/* A host with a process, and a container that does not end. */
static inline int
scene(void **state)
{
	int init;

	(void)state;
	if (!p)
		p = picture_new();
	assert_non_null(p);
	p->tasks.processes = p->tasks.namespaces = p->tasks.threads =
	    p->drives.mounts = 0;
	p->drives.holders = p->drives.connections = 0;
	p->sight.pid_namespace = OURS;
	process(1, OURS, HOST_MOUNTS, false);
	init = process(10, DYING, DYING_MOUNTS, true);
	process(11, DYING, DYING_MOUNTS, true);
	a_namespace(DYING, OURS, init, true);
	thread(1, CAUSE_ZAP, 20000);
	thread(2, CAUSE_ANSWER, 20000);
	return 0;
}

static inline const struct finding *
the_finding(int suspects)
{
	findings_make(&all, p, 10000, NULL);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.finding[0].suspects, suspects);
	return &all.finding[0];
}

#endif
