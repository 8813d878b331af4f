#include <stdio.h>

#include "doctor/cause.h"
#include "doctor/findings.h"
#include "doctor/show.h"
#include "doctor/verdict.h"

/* A backslash of harmless() is doubled: "\033" is no escape of JSON's. */
static void
put_string(FILE *to, const char *name, const char *value)
{
	fprintf(to, "\"%s\":\"", name);
	for (const char *s = harmless(value); *s; s++)
		fprintf(to, *s == '\\' ? "\\\\" : "%c", *s);
	fputc('"', to);
}

/* 0: it is behind nobody, or who that is cannot be told. */
static void
put_owner(FILE *to, const struct picture *p, const struct owner_of_lock *o)
{
	fprintf(to, ",\"behind\":%d,\"behind_sure\":%s",
	    o->thread == NONE ? 0 : p->tasks.thread[o->thread].tid,
	    o->sure ? "true" : "false");
}

static void
put_thread(FILE *to, const struct picture *p, const struct thread *t)
{
	const struct process *of = &p->tasks.process[t->process];

	fprintf(to, "{\"pid\":%d,\"tid\":%d,", of->pid, t->tid);
	put_string(to, "comm", of->comm);
	fprintf(to, ",\"inside\":%d,\"parent\":%d,\"zombie_leader\":%s,",
	    of->inner, of->parent, of->zombie ? "true" : "false");
	fprintf(to, "\"state\":\"%c\",\"exiting\":%s,\"sigkill\":%s,", t->state,
	    t->exiting ? "true" : "false", t->killed ? "true" : "false");
	put_string(to, "cause", cause_name(t->cause));
	fputc(',', to);
	put_string(to, "function", t->waits.function);
	fputc(',', to);
	put_string(to, "through", t->waits.through);
	fprintf(to, ",\"waits_ms\":%lld,\"connection\":%u,", t->waits.ms,
	    t->on.connection);
	put_string(to, "mount", t->on.point);
	fputc(',', to);
	put_string(to, "source", t->on.source);
	put_owner(to, p, &t->behind);
	fputc('}', to);
}

static void
put_connection(FILE *to, const struct picture *p, const struct suspect *s)
{
	static const char *const holds[] = {
		[HOLD_NONE] = "none",
		[HOLD_SHARED] = "shared",
		[HOLD_SERVED] = "served",
	};

	fprintf(to, "{\"id\":%u,\"waiting\":%u,\"sure\":%s,", s->connection,
	    s->waiting, s->sure ? "true" : "false");
	put_string(to, "hold", holds[s->hold]);
	fprintf(to, ",\"server\":%d,",
	    s->server == NONE ? 0 : p->tasks.process[s->server].pid);
	put_string(to, "mount",
	    s->mounted == NONE ? "" : p->drives.mounted[s->mounted].point);
	fputc(',', to);
	put_string(to, "type",
	    s->mounted == NONE ? "" : p->drives.mounted[s->mounted].type);
	fputc('}', to);
}

static void
put_namespace(FILE *to, const struct picture *p, const struct finding *f)
{
	const struct pidns *n;

	if (f->namespace == NONE) {
		fputs("\"namespace\":null,", to);
		return;
	}
	n = &p->tasks.namespace[f->namespace];
	fprintf(to, "\"namespace\":{\"id\":%u,\"init\":%d,", n->id,
	    n->init == NONE ? 0 : p->tasks.process[n->init].pid);
	put_string(to, "container", n->container);
	fputc(',', to);
	put_string(to, "engine", n->engine);
	fputc(',', to);
	put_string(to, "name", n->name);
	fputs("},", to);
}

static void
put_finding(FILE *to, const struct findings *all, int which,
    const struct picture *p)
{
	static const char *const advices[] = {
		[ADVICE_RELEASE] = "release",
		[ADVICE_ASK] = "ask",
		[ADVICE_SHARED] = "shared",
		[ADVICE_SERVER] = "server",
		[ADVICE_ELSEWHERE] = "elsewhere",
	};
	const struct finding *f = &all->finding[which];
	char sentence[512], command[512];
	const char *comma = "";

	fputc('{', to);
	put_namespace(to, p, f);
	put_string(to, "cause", cause_name(f->cause));
	fprintf(to, ",\"waits_ms\":%lld,\"threads\":[", f->waits_ms);
	for (int i = 0; i < p->tasks.threads; i++)
		if (all->of_thread[i] == which) {
			fputs(comma, to);
			put_thread(to, p, &p->tasks.thread[i]);
			comma = ",";
		}
	fputs("],\"connections\":[", to);
	for (int i = 0; i < f->suspects; i++) {
		fputs(i ? "," : "", to);
		put_connection(to, p, &f->suspect[i]);
	}
	finding_verdict(f, p, sentence, sizeof(sentence), command,
	    sizeof(command));
	fputs("],", to);
	put_string(to, "advice", advices[f->advice]);
	fputc(',', to);
	put_string(to, "verdict", sentence);
	fputc(',', to);
	put_string(to, "command", command);
	fputc('}', to);
}

void
show_json(FILE *to, const struct findings *all, const struct picture *p)
{
	fprintf(to,
	    "{\"processes\":%d,\"namespaces\":%d,\"took_ms\":%lld,"
	    "\"request_timeout\":%ld,\"sees_all\":%s,\"fusectl\":%s,\"stacks\":%s,\"cut\":%d,"
	    "\"stuck\":[",
	    p->tasks.processes, p->tasks.namespaces, p->sight.taken_ms,
	    p->sight.timeout, picture_sees_all(p) ? "true" : "false",
	    p->sight.told ? "true" : "false",
	    p->sight.stacks ? "true" : "false", p->sight.cut);
	for (int i = 0; i < all->count; i++) {
		fputs(i ? "," : "", to);
		put_finding(to, all, i, p);
	}
	fputs("]}\n", to);
}
