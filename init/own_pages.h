/*
 * Our own program, where its file lies on FUSE: rootless podman's root
 * filesystem may be one of fuse-overlayfs. Pages of it that memory pressure
 * has taken away would have to come from its server again, and PID 1 would
 * wait for that in a page fault, without a deadline.
 */
#ifndef FINI_OWN_PAGES_H
#define FINI_OWN_PAGES_H

struct log;
struct registry;

/*
 * If our program lies on a connection that is foreign, puts anonymous memory
 * with the same contents in the place of what is mapped of it. To be called
 * when the baseline is taken, as long as its server can be taken to answer.
 */
void own_pages_keep(const struct registry *registry, struct log *log);

#endif
