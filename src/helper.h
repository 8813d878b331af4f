/*
 * Helpers: processes that a server needs to do its work. They are what the
 * server started, who reads a pipe that it writes (gocryptfs's logger) and who
 * has the other end of its socketpair (sshfs's ssh, fusermount3).
 */
#ifndef FINI_HELPER_H
#define FINI_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#define HELPERS 128

struct population;
struct registry;

struct helpers {
	pid_t pid[HELPERS];
	int count;
};

/*
 * Finds the helpers of all servers in the registry, and marks each server
 * that another one forked (server.second). A parent of a server is none (a
 * supervisor reads its children's output), nor is who has files open on a
 * connection of ours. Sockets are matched by sock_diag(7), which knows those
 * of our network namespace; without it they tie nobody. Whose comm is one of
 * `keep` (NULL-terminated, or NULL) is a helper without any tie.
 */
void helpers_find(struct helpers *helpers, struct registry *registry,
    const struct population *population, const char *const *keep);

bool helpers_have(const struct helpers *helpers, pid_t pid);

#endif
