#include "doctor/container.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/picture.h"

#define ID_DIGITS 64
#define SHORT_ID 12 /* as docker ps prints it, and the host name inside */

/* By cgroup ------------------------------------------------------------------ */

static const struct {
	const char *part, *engine;
} engines[] = {
	{ "kubepods", "kubernetes" },
	{ "crio", "cri-o" },
	{ "libpod", "podman" },
	{ "docker", "docker" },
	{ "containerd", "containerd" },
	{ "buildkit", "buildkit" },
};

bool
container_in_cgroup(const char *path, char *id, size_t size, char *engine,
    size_t engine_size)
{
	const char *found = NULL;

	for (const char *s = path; *s;) {
		size_t digits = strspn(s, "0123456789abcdef");

		if (digits == ID_DIGITS && !isalnum((unsigned char)s[digits]))
			found = s;
		s += digits ? digits : 1;
	}
	if (!found)
		return false;
	snprintf(id, size, "%.*s", ID_DIGITS, found);
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strstr(path, engines[i].part)) {
			snprintf(engine, engine_size, "%s", engines[i].engine);
			break;
		}
	return true;
}

/* By the parent's command line ----------------------------------------------- */

/* The word after `option`. Words lie one after the other, each with its NUL. */
static const char *
word_after(const char *words, size_t size, const char *option)
{
	for (size_t at = 0; at < size; at += strlen(words + at) + 1)
		if (strcmp(words + at, option) == 0)
			return at + strlen(option) + 1 < size ?
			    words + at + strlen(option) + 1 :
			    NULL;
	return NULL;
}

static void
set(char *to, size_t size, const char *word)
{
	if (word && to[0] == '\0')
		snprintf(to, size, "%s", word);
}

void
container_of_parent(struct pidns *n, const char *comm, const char *words,
    size_t size)
{
	const char *id = NULL, *engine = NULL, *space;

	if (strncmp(comm, "containerd-shim", 15) == 0) {
		id = word_after(words, size, "-id");
		space = word_after(words, size, "-namespace");
		engine = space && strcmp(space, "moby") == 0 ? "docker" :
		    space && strcmp(space, "k8s.io") == 0    ? "kubernetes" :
							       "containerd";
	} else if (strcmp(comm, "conmon") == 0) {
		id = word_after(words, size, "-c");
		engine = "podman";
		set(n->name, sizeof(n->name), word_after(words, size, "-n"));
	}
	set(n->container, sizeof(n->container), id);
	if (n->container[0] != '\0')
		set(n->engine, sizeof(n->engine), engine);
}

void
container_look(struct picture *p, int proc, int process)
{
	struct process *init = &p->tasks.process[process];
	int namespace = picture_find_namespace(p, init->pid_namespace);
	char text[4096], comm[COMM_SIZE];
	struct pidns *n;
	ssize_t size;

	if (namespace == NONE)
		return;
	n = &p->tasks.namespace[namespace];
	if (proc_read(proc, text, sizeof(text), "%d/cgroup", init->pid) > 0)
		(void)container_in_cgroup(text, n->container,
		    sizeof(n->container), n->engine, sizeof(n->engine));
	proc_comm(proc, init->parent, comm);
	size = proc_read(proc, text, sizeof(text), "%d/cmdline", init->parent);
	if (size > 0)
		container_of_parent(n, comm, text, (size_t)size);
}

/* By name -------------------------------------------------------------------- */

/* However long it is: read in pieces, with the end of the one before each. */
static bool
file_has(FILE *file, const char *wanted)
{
	static char text[65536];
	size_t length = strlen(wanted), kept = 0, more;

	while ((more = fread(text + kept, 1, sizeof(text) - kept, file)) > 0) {
		size_t size = kept + more;

		if (memmem(text, size, wanted, length))
			return true;
		kept = size < length ? size : length - 1;
		memmove(text, text + size - kept, kept);
	}
	return false;
}

/* dockerd keeps a directory a container, with its name in config.v2.json. */
static bool
docker_calls_it(const char *root, const char *id, const char *name)
{
	char path[512], wanted[160];
	FILE *file;
	bool has;

	snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", root,
	    id);
	file = fopen(path, "re");
	if (!file)
		return false;
	snprintf(wanted, sizeof(wanted), "\"Name\":\"/%s\"", name);
	has = file_has(file, wanted);
	fclose(file);
	return has;
}

bool
is_pid(const char *name, pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	return strcmp(name, number) == 0;
}

bool
container_is(const struct picture *p, int namespace, const char *name,
    const char *docker_root)
{
	const struct pidns *n = &p->tasks.namespace[namespace];
	size_t length = strlen(name);

	if (n->init != NONE && is_pid(name, p->tasks.process[n->init].pid))
		return true;
	if (n->container[0] == '\0' || length == 0)
		return false;
	if (strcmp(n->name, name) == 0)
		return true;
	return (length >= SHORT_ID &&
		   strncmp(n->container, name, length) == 0) ||
	    docker_calls_it(docker_root, n->container, name);
}
