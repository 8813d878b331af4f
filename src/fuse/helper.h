/*
 * Helpers: processes that a server needs to do its work. They have nothing on a
 * mount of ours, and the server started them once it served, or they read a
 * pipe that it writes (gocryptfs's logger), have the other end of its
 * socketpair (sshfs's ssh, fusermount3), or it has connected to them (an S3
 * server, a database). What these need in turn is a helper too.
 */
#ifndef FINI_HELPER_H
#define FINI_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#define HELPERS 1024

struct view;

struct helpers {
	pid_t pid[HELPERS];
	int count;
};

/*
 * Adds the helpers of all servers in the registry, and marks each server that
 * another one forked (server.second). An ancestor of a server is none (a
 * supervisor reads its children's output: src/fuse/supervisor.h). What a server
 * had started before it served is none unless it is tied to it: a shell that
 * has started the container's program and then became the server by exec.
 * Sockets are matched by sock_diag(7), which knows those of our network
 * namespace; without it they tie nothing. A process whose comm is in `keep`
 * (NULL-terminated) is a helper without any tie. Can wait: only in a look
 * (eyes_open()).
 */
void helpers_find(struct helpers *helpers, struct view *view,
    const char *const *keep);

bool helpers_have(const struct helpers *helpers, pid_t pid);

#endif
