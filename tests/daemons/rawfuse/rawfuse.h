/*
 * rawfuse [options] MOUNTPOINT...: a FUSE server that speaks to /dev/fuse by
 * itself, so that hundreds of them are started in a moment. It has one file,
 * under any name, and does to itself, or to others, what the options say. When
 * the command returns 0, everything is in place.
 *
 * One thread serves, the first one but for a sideline or --thread. At its end,
 * by SIGTERM or when all its mounts are gone, it does not any more, as with
 * libfuse.
 */
#ifndef RAWFUSE_H
#define RAWFUSE_H

#include <linux/fuse.h>
#include <stdbool.h>
#include <sys/types.h>

#define SIZE 4096 /* of its file, and the most that one WRITE brings */

struct settings {
	const char *name;
	int log;
	uid_t uid;
	bool each, ring, swap, stubborn, leave, detach, nowhere;
	int descriptors, sharers;
	long end_ms;
	const char *unanswered, *hold, *read, *store;
	const char *thread;   /* NULL: the first one serves */
	const char *sideline; /* NULL: it ends when it is unmounted */
};

extern struct settings set;

/*
 * Fills set from the command line; returns the index of the first mount point.
 * Exits with 2 on wrong usage.
 */
int options_parse(int argc, char *argv[]);

/* Appends a line to the log, with one write(2): others append to it, too. */
void say(const char *what, const char *detail);

/* As --thread says, before it mounts. */
void mount_apart(void);

/* Mounts at `point`, or nowhere: its /dev/fuse. */
int mount_at(const char *point);

/* Holds what --hold says, and does then as --detach says. */
void hold(const char *on);

struct answer {
	struct fuse_out_header header;
	union {
		struct fuse_init_out init;
		struct fuse_entry_out entry;
		struct fuse_attr_out attr;
		struct fuse_open_out open;
		struct fuse_write_out write;
		struct fuse_statfs_out statfs;
		char data[SIZE];
	};
};

/* The answer to a request, or false: it has none. */
bool answer(const struct fuse_in_header *in, struct answer *out);

/* Serves one request. False once the connection is gone. */
bool serve(int fuse);

/* FUSE_OVER_IO_URING (Linux 6.14) in the upper half of INIT's flags. */
#define RING_FLAG2 (1u << 9)

/*
 * FUSE over io_uring, for one connection: after this its requests come by the
 * ring, but for FORGET and INTERRUPT. Only once INIT has been answered. Exits
 * with 1 where the kernel does not let it.
 */
void ring_open(int fuse);

/* To be polled; -1 before it was opened. */
int ring_fd(void);

/* Serves what has come by the ring. */
void ring_serve(void);

#endif
