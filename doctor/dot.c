#include <stdio.h>

#include "doctor/cause.h"
#include "doctor/findings.h"
#include "doctor/show.h"

/* To the thread that it is behind; else to the connections that it may wait for. */
static void
put_edges(FILE *to, const struct finding *f, const struct thread *t, int thread)
{
	if (t->behind.thread != NONE) {
		fprintf(to, "\t\"t%d\" -> \"t%d\"%s;\n", thread,
		    t->behind.thread, t->behind.sure ? "" : " [style=dashed]");
		return;
	}
	for (int s = 0; cause_is_fuse(t->cause) && s < f->suspects; s++)
		fprintf(to, "\t\"t%d\" -> \"c%u\"%s;\n", thread,
		    f->suspect[s].connection,
		    f->suspect[s].sure ? "" : " [style=dashed]");
}

static void
put_connection(FILE *to, const struct picture *p, const struct suspect *s)
{
	fprintf(to, "\t\"c%u\" [label=\"connection %u\\n%s\"];\n",
	    s->connection, s->connection,
	    s->mounted == NONE ? "" :
				 harmless(p->drives.mounted[s->mounted].point));
	if (s->server != NONE)
		fprintf(to, "\t\"c%u\" -> \"%s[%d]\";\n", s->connection,
		    harmless(p->tasks.process[s->server].comm),
		    p->tasks.process[s->server].pid);
}

static void
put_finding(FILE *to, const struct findings *all, int finding,
    const struct picture *p)
{
	const struct finding *f = &all->finding[finding];
	char name[160];

	if (f->namespace != NONE)
		show_name(p, f->namespace, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s", cause_name(f->cause));
	fprintf(to, "\t\"f%d\" [label=\"%s\", shape=box];\n", finding, name);
	for (int i = 0; i < p->tasks.threads; i++) {
		const struct thread *t = &p->tasks.thread[i];
		const struct process *of = &p->tasks.process[t->process];

		if (all->of_thread[i] != finding)
			continue;
		fprintf(to, "\t\"t%d\" [label=\"%s[%d]\\n%d: %s\"];\n", i,
		    harmless(of->comm), of->pid, t->tid,
		    harmless(t->waits.function));
		fprintf(to, "\t\"f%d\" -> \"t%d\";\n", finding, i);
		put_edges(to, f, t, i);
	}
	for (int s = 0; s < f->suspects; s++)
		put_connection(to, p, &f->suspect[s]);
}

void
show_dot(FILE *to, const struct findings *all, const struct picture *p)
{
	fputs("digraph stuck {\n\trankdir=LR;\n", to);
	for (int i = 0; i < all->count; i++)
		put_finding(to, all, i, p);
	fputs("}\n", to);
}
