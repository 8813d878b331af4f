/* Which container a PID namespace is: by cgroup, or by who started its init. */
#ifndef FINI_CONTAINER_H
#define FINI_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

struct picture;

/*
 * Of a namespace whose init is `process`. Reads its cgroup; where that is gone
 * (cgroup v1), its parent's command line: containerd-shim's -id, conmon's -c and
 * -n. Can wait: only in eyes_look().
 */
void container_look(struct picture *picture, int proc, int process);

/*
 * The container's id in a cgroup path: the last 64 hexadecimal digits of it; and
 * its engine. False if there is none.
 */
bool container_in_cgroup(const char *path, char *id, size_t size, char *engine,
    size_t engine_size);

/*
 * Is it that container: its id or the beginning of it (12 digits at least), the
 * pid of its init, or what the dockerd calls it that keeps its containers below
 * `docker_root`?
 */
bool container_is(const struct picture *picture, int namespace,
    const char *name, const char *docker_root);

#endif
