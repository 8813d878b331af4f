/*
 * Closes early what init inherited. An init that holds a FUSE file hangs in
 * its own exit before anybody is killed; one that holds /dev/fuse keeps a dead
 * connection alive. Main has its own copies by then.
 */
#ifndef FINI_DESCRIPTORS_H
#define FINI_DESCRIPTORS_H

#include <stdbool.h>

#define STDIO 3

struct mount;
struct population;

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

/*
 * Looks at 0 to 2 by statx(2) with AT_STATX_DONT_SYNC and an empty mask, which
 * no FUSE server is asked for (fuse_update_get_attr(), fs/fuse/dir.c; a test
 * shows it with a server that never answers).
 */
void descriptors_look(struct stdio *stdio);

/* Does one of them lie on FUSE, or on what may be FUSE? */
bool descriptors_on_fuse(const struct stdio *stdio);

/* Is one of them on this mount's filesystem? To be called for each mount. */
void descriptors_place(struct stdio *stdio, const struct mount *mount);

/*
 * After main was forked: closes 3 and up, but for the `count` descriptors in
 * `keep` (in any order, -1 for none), puts /dev/null in place of those of 0 to
 * 2 that lie on FUSE (or of a file on a filesystem that no mount shows, which
 * may be FUSE) or are closed (a file opened later would take its number, and a
 * log line could become a write to fusectl), and leaves the working directory
 * for /.
 *
 * Closing a file on FUSE waits for its server (fuse_flush()). With `may_wait`
 * children do it who share our descriptors, each with a deadline; who is stuck
 * is init's own in `population`.
 */
void descriptors_close(const struct stdio *stdio, const int *keep, int count,
    bool may_wait, struct population *population);

/* In a child, before execve(2): /dev/null for stdin, and nothing from 3 up. */
void descriptors_for_command(void);

/*
 * Moves a descriptor of ours to 3 or above: 0 to 2 are main's, closed ones too.
 * Returns the new one, close-on-exec; -1 and errno if `fd` is -1 or could not
 * be moved (then it is closed).
 */
int descriptor_above_stdio(int fd);

/* The dev_t of its filesystem, as mount_connection() has it; 0: unknown. */
unsigned descriptor_device(int fd);

/*
 * Raises the soft limit on open files to the hard one: pidfds and the files of
 * fusectl are needed now, and main has been started with the limit as it was.
 */
void descriptors_raise_limit(void);

#endif
