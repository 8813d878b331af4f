#include "doctor/container.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
by_parent(struct pidns *n, int proc, pid_t parent)
{
	char words[4096], comm[COMM_SIZE];
	ssize_t size =
	    proc_read(proc, words, sizeof(words), "%d/cmdline", parent);
	const char *id = NULL, *space;

	proc_comm(proc, parent, comm);
	if (size <= 0)
		return;
	if (strncmp(comm, "containerd-shim", 15) == 0) {
		id = word_after(words, (size_t)size, "-id");
		space = word_after(words, (size_t)size, "-namespace");
		snprintf(n->engine, sizeof(n->engine), "%s",
		    space && strcmp(space, "moby") == 0	      ? "docker" :
			space && strcmp(space, "k8s.io") == 0 ? "kubernetes" :
								"containerd");
	} else if (strcmp(comm, "conmon") == 0) {
		id = word_after(words, (size_t)size, "-c");
		snprintf(n->engine, sizeof(n->engine), "podman");
	}
	if (id)
		snprintf(n->container, sizeof(n->container), "%s", id);
	else
		n->engine[0] = '\0';
}

void
container_look(struct picture *p, int proc, int process)
{
	struct process *init = &p->process[process];
	int namespace = picture_find_namespace(p, init->pid_namespace);
	char path[4096];
	struct pidns *n;

	if (namespace == NONE)
		return;
	n = &p->namespace[namespace];
	if (proc_read(proc, path, sizeof(path), "%d/cgroup", init->pid) > 0 &&
	    container_in_cgroup(path, n->container, sizeof(n->container),
		n->engine, sizeof(n->engine)) &&
	    n->engine[0] != '\0')
		return;
	by_parent(n, proc, init->parent);
}

/* By name -------------------------------------------------------------------- */

/* dockerd keeps a directory a container, with its name in config.v2.json. */
static bool
docker_calls_it(const char *root, const char *id, const char *name)
{
	char path[512], text[65536], wanted[160];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", root,
	    id);
	file = fopen(path, "re");
	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	snprintf(wanted, sizeof(wanted), "\"Name\":\"/%s\"", name);
	return strstr(text, wanted) != NULL;
}

bool
container_is(const struct picture *p, int namespace, const char *name,
    const char *docker_root)
{
	const struct pidns *n = &p->namespace[namespace];
	size_t length = strlen(name);

	if (n->init != NONE && atoi(name) == p->process[n->init].pid)
		return strspn(name, "0123456789") == length;
	if (n->container[0] == '\0')
		return false;
	return (length >= SHORT_ID &&
		   strncmp(n->container, name, length) == 0) ||
	    docker_calls_it(docker_root, n->container, name);
}
