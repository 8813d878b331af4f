/* The kernel's own door to a connection: fusectl (fs/fuse/control.c). */
#ifndef FINI_FUSECTL_H
#define FINI_FUSECTL_H

#include <stdbool.h>

struct mount;
struct proc_dir;

enum fusectl_door { FUSECTL_NONE, FUSECTL_VISIBLE, FUSECTL_PRIVATE };

struct fusectl {
	int visible; /* found in mountinfo before main could change it; -1 */
	int private; /* mounted nowhere; -1 */
	bool tried;  /* for the private one */
};

void fusectl_init(struct fusectl *fusectl);

/*
 * Keeps the root of a fusectl that mountinfo shows, if its path still leads to
 * it. Only before main is started: later the path could lead anywhere.
 */
void fusectl_see(struct fusectl *fusectl, const struct mount *mount);

/* Mounts the private one, once; needs CAP_SYS_ADMIN (private_mount()). */
void fusectl_prepare(struct fusectl *fusectl);

/*
 * The numbers of all connections of the machine: as proc_dir_open(), for
 * proc_dir_next(). None where fusectl is not to be had. The private one is
 * mounted for it only if the kernel has fusectl by now: mount(2) would load
 * FUSE.
 */
void fusectl_list(struct fusectl *fusectl, int proc, struct proc_dir *all);

/*
 * One connection's directory and its file abort, open. Numbers are reused over
 * the whole host as soon as a mount is gone; what is open is not:
 * fuse_ctl_remove_conn() cuts it off from its connection, so that it can never
 * abort another one, and empties the directory.
 */
struct fusectl_pin {
	enum fusectl_door door; /* FUSECTL_NONE: nothing is open */
	unsigned id;
	int abort;
	int directory;
};

/*
 * Opens what belongs to connection `id`. The caller must have seen it mounted
 * before and must see it mounted afterwards. Says through which door,
 * FUSECTL_NONE if through none: the files are owned by the mount's user_id.
 */
enum fusectl_door fusectl_open(const struct fusectl *fusectl, unsigned id,
    struct fusectl_pin *pin);

void fusectl_close(struct fusectl_pin *pin);

/*
 * Requests that are not answered yet, also those that no process waits for,
 * such as RELEASE and write-back. 0 and the number (0 if the connection is
 * gone), or -1 if it cannot be known, as while somebody has a lease on the file.
 */
int fusectl_waiting(const struct fusectl_pin *pin, unsigned *waiting);

/*
 * True if the connection that was opened is no more: its directory has lost its
 * name (d_invalidate() in fuse_ctl_remove_conn(); in 6.18.44 it is unlinked). No
 * file is opened for it, so that nobody's lease matters; and up to 6.1 at least, a
 * file in there that somebody has open keeps its name.
 */
bool fusectl_gone(const struct fusectl_pin *pin);

/*
 * Aborts the connection (fuse_abort_conn(), fs/fuse/dev.c): every request ends
 * with ECONNABORTED, every later one with ENOTCONN. False if it could not be
 * written.
 */
bool fusectl_abort(const struct fusectl_pin *pin);

/*
 * Requests unanswered on connection `id`, by its number: for a foreign
 * connection, which is not pinned. -1 where it cannot be known.
 */
int fusectl_peek(const struct fusectl *fusectl, unsigned id);

#endif
