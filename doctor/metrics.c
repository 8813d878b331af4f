#include "doctor/metrics.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doctor/cause.h"
#include "doctor/findings.h"

static void
gauge(FILE *to, const char *name, const char *help, const char *type,
    double value)
{
	fprintf(to,
	    "# HELP fini_doctor_%s %s\n# TYPE fini_doctor_%s %s\n"
	    "fini_doctor_%s %.15g\n",
	    name, help, name, type, name, value);
}

static void
write_counts(FILE *to, const struct counts *c)
{
	gauge(to, "looks_total", "Looks at the node.", "counter",
	    (double)c->looks);
	gauge(to, "failed_looks_total", "Looks that could not be taken.",
	    "counter", (double)c->failed_looks);
	gauge(to, "stuck_namespaces", "PID namespaces that do not end.",
	    "gauge", c->namespaces);
	gauge(to, "stuck_on_fuse", "Those of them that wait on FUSE.", "gauge",
	    c->on_fuse);
	gauge(to, "stuck_tasks", "Other tasks that wait for too long.", "gauge",
	    c->tasks);
	gauge(to, "released_total", "Releases after which it has ended.",
	    "counter", (double)c->released);
	gauge(to, "not_released_total",
	    "What was stuck for long enough and could not, or may not, be released.",
	    "counter", (double)c->not_released);
}

static void
write_look(FILE *to, const struct counts *c, const struct picture *p)
{
	gauge(to, "last_release_timestamp_seconds",
	    "When something was released last; 0: never.", "gauge",
	    (double)c->released_at);
	gauge(to, "sees_all", "Can it see the whole node? 0: its log says why.",
	    "gauge", picture_sees_all(p));
	gauge(to, "last_look_timestamp_seconds", "When the node was looked at.",
	    "gauge", (double)time(NULL));
	gauge(to, "last_look_seconds", "How long that took.", "gauge",
	    (double)p->sight.taken_ms / 1000);
}

bool
metrics_may_write(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 ? errno == ENOENT :
					  S_ISREG(status.st_mode);
}

void
metrics_count(struct counts *c, const struct findings *all)
{
	c->namespaces = c->on_fuse = c->tasks = 0;
	for (int i = 0; i < all->count; i++)
		if (all->finding[i].namespace != NONE) {
			c->namespaces++;
			c->on_fuse += cause_is_fuse(all->finding[i].cause);
		} else
			c->tasks += all->finding[i].threads;
}

void
metrics_write(const char *path, const struct counts *c, const struct picture *p)
{
	char new[4096];
	FILE *file;
	bool written;

	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "we");
	if (!file) {
		warn("%s", new);
		return;
	}
	write_counts(file, c);
	write_look(file, c, p);
	written = !ferror(file);
	if (fclose(file) != 0 || !written || rename(new, path) < 0) {
		warn("%s", path);
		(void)unlink(new);
	}
}
