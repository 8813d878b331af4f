#include "init/pid1.h"

#include <string.h>
#include <unistd.h>

#include "src/base/text.h"
#include "src/fuse/eyes.h"
#include "src/fuse/view.h"
#include "src/proc/task.h"

/* PROC_PID_INIT_INO, include/linux/proc_ns.h: 0xeffffffc. */
#define MACHINES "pid:[4026531836]"

bool
pid1_is_foreign(int proc)
{
	char namespace[32];

	return getpid() != 1 &&
	    proc_link(proc, namespace, sizeof(namespace), "self/ns/pid") >= 0 &&
	    strcmp(namespace, MACHINES) != 0;
}

/*
 * To be traced changes nothing for who blocks its signals and reads them. For
 * others it does (docs/kernel.md). By what it waits in: while sigtimedwait(2)
 * waits, its signals do not show as blocked.
 */
static bool
reads_signals(int proc)
{
	char name[32];

	return task_wchan(proc, 1, 1, name, sizeof(name)) == 0 &&
	    (text_after(name, "do_sigtimedwait") ||
		text_after(name, "signalfd_"));
}

void
pid1_look(struct pid1 *p, struct view *v)
{
	if (p->looked)
		return;
	p->looked = true;
	p->foreign = pid1_is_foreign(v->people.proc);
	if (p->foreign && eyes_open(v)) {
		if (eyes_on(v, 1))
			p->reads = reads_signals(v->people.proc);
		eyes_close();
	}
}

/* Another fini covers it, or our guardian. Who cannot be looked at is not. */
void
pid1_tell(struct pid1 *p, struct view *v)
{
	char comm[COMM_SIZE];

	if (!p->foreign || p->asked)
		return;
	p->asked = true;
	p->told = true;
	if (eyes_open(v)) {
		if (eyes_on(v, 1))
			p->told = !task_is_traced(v->people.proc, 1);
		eyes_close();
	}
	if (!p->told)
		return;
	proc_comm(v->people.proc, 1, comm);
	log_line(&v->log, LOG_WARNING,
	    "PID 1 is %s: SIGKILL of it is not covered (make fini PID 1: use "
	    "the exec form, no --init)",
	    comm);
}
