/* What a former life of the container has left where a --server will mount. */
#ifndef FINI_FORMER_H
#define FINI_FORMER_H

struct view;

/*
 * Detaches dead FUSE mounts at paths that `command` names, and says so. Where
 * mounts are shared with the outside one stays behind when a container is
 * killed with its server, and no server can mount there again: ENOTCONN. It was
 * there before main, it did not come from outside, and its root says ENOTCONN:
 * no process will ever serve it again (fuse_abort_conn(), fs/fuse/dev.c). A
 * child asks, as the server itself is about to.
 */
void former_detach(struct view *view, const char *command);

#endif
