#include "doctor/show.h"

#include <string.h>

#include "doctor/cause.h"
#include "doctor/findings.h"
#include "doctor/loops.h"
#include "doctor/verdict.h"

/* What comes from containers ------------------------------------------------- */

const char *
harmless(const char *text)
{
	static char buffers[8][1024];
	static int next;
	char *to = buffers[next++ % 8], *start = to;

	for (; *text && to - start < (long)sizeof(buffers[0]) - 5; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
			*to++ = (char)c;
		else
			to += sprintf(to, "\\%03o", c);
	}
	*to = '\0';
	return start;
}

const char *
show_time(long long ms, char *text, size_t size)
{
	long long s = ms / 1000;

	if (ms < 0)
		snprintf(text, size, "for an unknown time");
	else if (s < 60)
		snprintf(text, size, "%lld.%lld s", s, ms % 1000 / 100);
	else if (s < 3600)
		snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(text, size, "%lld h %lld min", s / 3600,
		    s % 3600 / 60);
	return text;
}

void
show_name(const struct picture *p, int namespace, char *text, size_t size)
{
	const struct pidns *n = &p->tasks.namespace[namespace];
	const char *engine = n->engine[0] != '\0' ? n->engine : "a";

	if (n->container[0] == '\0')
		snprintf(text, size, "pid:[%u]", n->id);
	else if (n->name[0] == '\0')
		snprintf(text, size, "%s container %.12s", engine,
		    harmless(n->container));
	else
		snprintf(text, size, "%s container %s (%.12s)", engine,
		    harmless(n->name), harmless(n->container));
}

/* A tree --------------------------------------------------------------------- */

static void
text_owner(FILE *to, const struct picture *p, const struct owner_of_lock *o)
{
	const struct thread *t;
	const struct process *of;

	if (o->thread == NONE) {
		fputs("        `- behind another one's request; whose that is "
		      "cannot be told\n",
		    to);
		return;
	}
	t = &p->tasks.thread[o->thread];
	of = &p->tasks.process[t->process];
	if (loops_is_worker(p, o->thread)) {
		fprintf(to,
		    "        `- behind %s[%d], if its disk is that loop "
		    "device: an image on FUSE\n",
		    harmless(of->comm), of->pid);
		return;
	}
	fprintf(to, "        `- behind thread %d of %s[%d], which %s\n", t->tid,
	    harmless(of->comm), of->pid,
	    o->sure ?
		"is in a call on the same file and has what this waits for" :
		"alone can have what this waits for");
}

static void
text_thread(FILE *to, const struct picture *p, int thread)
{
	const struct thread *t = &p->tasks.thread[thread];
	char time[32];

	fprintf(to, "     `- thread %d: %c%s%s, waits %s in %s%s%s\n", t->tid,
	    t->state, t->exiting ? ", exiting" : "",
	    t->killed ? ", SIGKILL pending" : "",
	    show_time(t->waits.ms, time, sizeof(time)),
	    harmless(t->waits.function), *t->waits.through ? " < " : "",
	    harmless(t->waits.through));
	if (t->on.point[0] != '\0')
		fprintf(to, "        `- on %s%s%s\n", harmless(t->on.point),
		    *t->on.source ? ", from " : "", harmless(t->on.source));
	if (t->cause == CAUSE_BEHIND)
		text_owner(to, p, &t->behind);
}

static void
text_process(FILE *to, const struct findings *all, int finding,
    const struct picture *p, int process)
{
	const struct process *of = &p->tasks.process[process];

	fprintf(to, "  `- %s[%d]", harmless(of->comm), of->pid);
	if (of->inner > 0 && of->inner != of->pid)
		fprintf(to, " (%d inside)", of->inner);
	fprintf(to, "%s%s\n", of->zombie ? " <defunct>, a thread is left" : "",
	    of->unseen ? ", cannot be looked at: it is in execve(2), or dies" :
			 "");
	for (int i = 0; i < p->tasks.threads; i++)
		if (all->of_thread[i] == finding &&
		    p->tasks.thread[i].process == process)
			text_thread(to, p, i);
}

static void
text_suspect(FILE *to, const struct suspect *s, const struct picture *p)
{
	const struct mounted *m =
	    s->mounted == NONE ? NULL : &p->drives.mounted[s->mounted];

	fprintf(to, "  => connection %u%s%s%s%s%s, %u request%s unanswered\n",
	    s->connection, m ? ", " : " (mounted nowhere any more)",
	    m ? harmless(m->point) : "", m ? " (" : "",
	    m ? harmless(m->type) : "", m ? ")" : "", s->waiting,
	    s->waiting == 1 ? "" : "s");
	if (s->server == NONE)
		fprintf(to, "     its server: dead\n");
	else
		fprintf(to, "     its server: %s[%d], %s\n",
		    harmless(p->tasks.process[s->server].comm),
		    p->tasks.process[s->server].pid,
		    s->hold == HOLD_SERVED ? "alive" : "dying");
}

static void
text_finding(FILE *to, const struct findings *all, int finding,
    const struct picture *p)
{
	const struct finding *f = &all->finding[finding];
	char time[32], name[160], sentence[512], command[512];

	show_time(f->waits_ms, time, sizeof(time));
	if (f->namespace != NONE) {
		show_name(p, f->namespace, name, sizeof(name));
		fprintf(to, "%s does not end, %s\n", name, time);
	} else {
		fprintf(to, "%d task%s wait%s (%s), %s\n", f->threads,
		    f->threads == 1 ? "" : "s", f->threads == 1 ? "s" : "",
		    cause_name(f->cause), time);
	}
	/* Its init first: it is whom the others keep. */
	if (f->namespace != NONE && f->first != NONE)
		text_process(to, all, finding, p, f->first);
	for (int i = 0, last = NONE; i < p->tasks.threads; i++) {
		int process = p->tasks.thread[i].process;

		if (all->of_thread[i] != finding || process == last ||
		    (f->namespace != NONE && process == f->first))
			continue;
		last = process;
		text_process(to, all, finding, p, process);
	}
	for (int i = 0; i < f->suspects; i++)
		text_suspect(to, &f->suspect[i], p);
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	fprintf(to, "Verdict: %s.\n", harmless(sentence));
	if (*command)
		fprintf(to, "What helps: %s\n", harmless(command));
}

void
show_sight(FILE *to, const char *before, const struct picture *p)
{
	if (!p->sight.first)
		fprintf(to,
		    "%sOnly what is below our own PID namespace was seen: run "
		    "it on the host (--pid host).\n",
		    before);
	if (!p->sight.reads_others)
		fprintf(to,
		    "%sOther users' processes could not be read: run it as "
		    "root, with CAP_SYS_PTRACE and CAP_SYS_ADMIN.\n",
		    before);
}

void
show_text(FILE *to, const struct findings *all, const struct picture *p)
{
	if (all->count == 0)
		fprintf(to,
		    "nothing is stuck: %d processes, %d PID namespaces "
		    "(%lld ms)\n",
		    p->tasks.processes, p->tasks.namespaces, p->sight.taken_ms);
	for (int i = 0; i < all->count; i++) {
		if (i > 0)
			fputc('\n', to);
		text_finding(to, all, i, p);
	}
	if (all->count > 0 && p->sight.timeout == 0)
		fprintf(to,
		    "\nThis kernel could end such waits by itself: "
		    "fs.fuse.default_request_timeout is 0 (off). What it "
		    "costs: docs/doctor.md.\n");
	show_sight(to, "", p);
	if (p->sight.cut > 0)
		fprintf(to, "%d entries were too many to be kept.\n",
		    p->sight.cut);
}
