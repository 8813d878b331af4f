/*
 * Closes early what init inherited. An init that holds a FUSE file hangs in its
 * own exit before any other process is killed; one that holds /dev/fuse keeps a
 * dead connection alive. Main has its own copies by then.
 */
#ifndef FINI_STDIO_H
#define FINI_STDIO_H

#include <stdbool.h>

#include "src/base/fd.h"

struct mount;
struct people;

/* What is known of descriptors 0 to 2. */
struct stdio {
	struct {
		bool closed;
		bool device; /* a character device: maybe a terminal */
		bool file;   /* a regular file or a directory */
		bool fuse;   /* lies on FUSE, or is /dev/fuse */
		bool placed; /* its filesystem was seen in mountinfo */
		unsigned major, minor;
	} fd[STDIO];
};

/* Looks at 0 to 2 (fd_look()). */
void stdio_look(struct stdio *stdio);

/* Is one of them on this mount's filesystem? To be called for each mount. */
void stdio_place(struct stdio *stdio, const struct mount *mount);

/* Does one of them lie on FUSE, or on what may be FUSE? */
bool stdio_is_on_fuse(const struct stdio *stdio);

/*
 * After main was forked: closes 3 and up, but for the `count` descriptors in
 * `keep` (in any order, -1 for none), puts /dev/null in place of those of 0 to
 * 2 that lie on FUSE (or of a file on a filesystem that no mount shows, which
 * may be FUSE) or are closed (a file opened later would take its number, and a
 * log line could become a write to fusectl), and leaves the working directory
 * for /.
 *
 * Closing a file on FUSE waits for its server (fuse_flush()). With `may_wait`
 * children that share our descriptors do it, each with a deadline.
 */
void stdio_close_rest(const struct stdio *stdio, const int *keep, int count,
    bool may_wait, struct people *people);

#endif
