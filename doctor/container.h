/* Which container a PID namespace is: by cgroup, or by who started its init. */
#ifndef FINI_CONTAINER_H
#define FINI_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct picture;
struct pidns;

/*
 * Of a namespace whose init is `process`. Reads its cgroup, which may be gone
 * (cgroup v1), and its parent's command line. Can wait: only in eyes_look().
 */
void container_look(struct picture *picture, int proc, int process);

/*
 * What the parent of its init, a process `comm` with such a command line (words,
 * each with its NUL), tells of a container: containerd-shim's -id and
 * -namespace, conmon's -c and its name, -n. What is known already stays.
 */
void container_of_parent(struct pidns *namespace, const char *comm,
    const char *words, size_t size);

/*
 * The container's id in a cgroup path: the last 64 hexadecimal digits of it; and
 * its engine. False if there is none.
 */
bool container_in_cgroup(const char *path, char *id, size_t size, char *engine,
    size_t engine_size);

/* Is it that pid, and not the id of a container that begins with it? */
bool is_pid(const char *name, pid_t pid);

/*
 * Is it that container: its id or the beginning of it (12 digits at least), the
 * pid of its init, what its conmon calls it (podman, CRI-O), or what the dockerd
 * calls it that keeps its containers below `docker_root`?
 */
bool container_is(const struct picture *picture, int namespace,
    const char *name, const char *docker_root);

#endif
