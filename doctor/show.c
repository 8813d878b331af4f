#include "doctor/show.h"

#include <string.h>

#include "doctor/cause.h"
#include "doctor/findings.h"
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

static const char *
how_long(long long ms, char *text, size_t size)
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
	const struct pidns *n = &p->namespace[namespace];

	if (n->container[0] != '\0')
		snprintf(text, size, "%s container %.12s",
		    n->engine[0] != '\0' ? n->engine : "a",
		    harmless(n->container));
	else
		snprintf(text, size, "pid:[%u]", n->id);
}

/* A tree --------------------------------------------------------------------- */

static void
text_thread(FILE *to, const struct picture *p, int thread)
{
	const struct thread *t = &p->thread[thread];
	char time[32];

	fprintf(to, "     `- thread %d: %c%s%s, waits %s in %s%s%s\n", t->tid,
	    t->state, t->exiting ? ", exiting" : "",
	    t->killed ? ", SIGKILL pending" : "",
	    how_long(t->waits_ms, time, sizeof(time)), harmless(t->function),
	    *t->through ? " < " : "", harmless(t->through));
	if (t->point[0] != '\0')
		fprintf(to, "        `- on %s%s%s\n", harmless(t->point),
		    *t->source ? ", from " : "", harmless(t->source));
}

static void
text_process(FILE *to, const struct findings *all, int finding,
    const struct picture *p, int process)
{
	const struct process *of = &p->process[process];

	fprintf(to, "  `- %s[%d]", harmless(of->comm), of->pid);
	if (of->inner > 0 && of->inner != of->pid)
		fprintf(to, " (%d inside)", of->inner);
	fprintf(to, "%s%s\n", of->zombie ? " <defunct>, a thread is left" : "",
	    of->unseen ? ", cannot be looked at: it is in execve(2), or dies" :
			 "");
	for (int i = 0; i < p->threads; i++)
		if (all->of_thread[i] == finding &&
		    p->thread[i].process == process)
			text_thread(to, p, i);
}

static void
text_suspect(FILE *to, const struct suspect *s, const struct picture *p)
{
	const struct mounted *m =
	    s->mounted == NONE ? NULL : &p->mounted[s->mounted];

	fprintf(to, "  => connection %u%s%s%s%s%s, %u request%s unanswered\n",
	    s->connection, m ? ", " : " (mounted nowhere any more)",
	    m ? harmless(m->point) : "", m ? " (" : "",
	    m ? harmless(m->type) : "", m ? ")" : "", s->waiting,
	    s->waiting == 1 ? "" : "s");
	if (s->server == NONE)
		fprintf(to, "     its server: dead\n");
	else
		fprintf(to, "     its server: %s[%d], %s\n",
		    harmless(p->process[s->server].comm),
		    p->process[s->server].pid,
		    s->hold == HOLD_SERVED ? "alive" : "dying");
}

static void
text_finding(FILE *to, const struct findings *all, int finding,
    const struct picture *p)
{
	const struct finding *f = &all->finding[finding];
	char time[32], name[160], sentence[512], command[512];

	how_long(f->waits_ms, time, sizeof(time));
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
	for (int i = 0, last = NONE; i < p->threads; i++) {
		int process = p->thread[i].process;

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
show_text(FILE *to, const struct findings *all, const struct picture *p)
{
	if (all->count == 0)
		fprintf(to,
		    "nothing is stuck: %d processes, %d PID namespaces "
		    "(%lld ms)\n",
		    p->processes, p->namespaces, p->taken_ms);
	for (int i = 0; i < all->count; i++) {
		if (i > 0)
			fputc('\n', to);
		text_finding(to, all, i, p);
	}
	if (all->count > 0 && p->timeout == 0)
		fprintf(to,
		    "\nThis kernel could end such waits by itself: "
		    "fs.fuse.default_request_timeout is 0 (off). What it "
		    "costs: docs/doctor.md.\n");
	if (!p->sees_all)
		fprintf(to,
		    "Only what is below our own PID namespace was seen: run "
		    "it on the host (--pid host).\n");
	if (p->cut > 0)
		fprintf(to, "%d entries were too many to be kept.\n", p->cut);
}

/* Graphviz ------------------------------------------------------------------- */

static void
dot_finding(FILE *to, const struct findings *all, int finding,
    const struct picture *p)
{
	const struct finding *f = &all->finding[finding];
	char name[160];

	if (f->namespace != NONE) {
		show_name(p, f->namespace, name, sizeof(name));
		fprintf(to, "\t\"f%d\" [label=\"%s\", shape=box];\n", finding,
		    name);
	} else
		fprintf(to, "\t\"f%d\" [label=\"%s\", shape=box];\n", finding,
		    cause_name(f->cause));
	for (int i = 0; i < p->threads; i++) {
		const struct thread *t = &p->thread[i];
		const struct process *of = &p->process[t->process];

		if (all->of_thread[i] != finding)
			continue;
		fprintf(to, "\t\"t%d\" [label=\"%s[%d]\\n%d: %s\"];\n", i,
		    harmless(of->comm), of->pid, t->tid, harmless(t->function));
		fprintf(to, "\t\"f%d\" -> \"t%d\";\n", finding, i);
		for (int s = 0; cause_is_fuse(t->cause) && s < f->suspects; s++)
			fprintf(to, "\t\"t%d\" -> \"c%u\"%s;\n", i,
			    f->suspect[s].connection,
			    f->suspect[s].sure ? "" : " [style=dashed]");
	}
	for (int s = 0; s < f->suspects; s++) {
		const struct suspect *c = &f->suspect[s];

		fprintf(to, "\t\"c%u\" [label=\"connection %u\\n%s\"];\n",
		    c->connection, c->connection,
		    c->mounted == NONE ?
			"" :
			harmless(p->mounted[c->mounted].point));
		if (c->server != NONE)
			fprintf(to, "\t\"c%u\" -> \"%s[%d]\";\n", c->connection,
			    harmless(p->process[c->server].comm),
			    p->process[c->server].pid);
	}
}

void
show_dot(FILE *to, const struct findings *all, const struct picture *p)
{
	fputs("digraph stuck {\n\trankdir=LR;\n", to);
	for (int i = 0; i < all->count; i++)
		dot_finding(to, all, i, p);
	fputs("}\n", to);
}
