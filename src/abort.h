/*
 * The ladder: ways to end a connection by force, the first that works. Only
 * ever for connections of ours.
 */
#ifndef FINI_ABORT_H
#define FINI_ABORT_H

struct population;
struct registry;

enum abort_step {
	ABORT_NOT,     /* no step worked; nothing has changed */
	ABORT_FUSECTL, /* a fusectl that mountinfo shows */
	ABORT_PRIVATE, /* a fusectl of our own, mounted nowhere */
	ABORT_UNMOUNT, /* umount2(MNT_FORCE), then MNT_DETACH */
	ABORT_ANSWER,  /* a duplicate of the server's /dev/fuse: EIO */
	ABORT_KILL     /* SIGKILL of every holder of /dev/fuse */
};

/*
 * Aborts the connection with index `connection`. Takes at most `deadline_ms`,
 * which the unmounting child and the answering can use up. The last two
 * kill the holders. ABORT_KILL says only that the signals were sent: a holder
 * that is itself stuck does not end by them.
 */
enum abort_step abort_connection(struct registry *registry, int connection,
    struct population *population, int deadline_ms);

/* "fusectl", "private fusectl", "umount", "pidfd_getfd", "kill", "nothing". */
const char *abort_step_name(enum abort_step step);

#endif
