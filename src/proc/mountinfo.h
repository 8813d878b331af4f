/* Reads /proc/PID/mountinfo as a stream: any number of mounts, no memory. */
#ifndef FINI_MOUNTINFO_H
#define FINI_MOUNTINFO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* One line (proc_pid_mountinfo(5)). */
struct mount {
	int id;
	int parent;
	unsigned major, minor; /* st_dev of everything below it */
	bool propagated;       /* "master:": a slave of an outer peer group */
	bool shared;	       /* "shared:": may come from a peer outside */
	bool cut;	       /* the mount point did not fit, or is deleted */
	char point[PATH_MAX];  /* mount point, escapes resolved */
	char type[32];	       /* "fuse.sshfs"; longer ones are cut */
	char options[128];     /* of the superblock; longer ones are cut */
};

/* A parser between two bytes. Start with { 0 }. */
struct mountinfo {
	struct mount mount;
	bool inside;	  /* a line has begun */
	unsigned field;	  /* which of the line's fields comes next */
	size_t used;	  /* bytes of that field so far */
	unsigned octal;	  /* digits of an escape still to come */
	unsigned escaped; /* its value so far */
	char head[32];	  /* the start of a field that is not kept */
	bool broken;	  /* the line is not one of mountinfo's */
};

/*
 * Feeds one byte. True when it ended a line that was understood: then
 * parser->mount holds until the next call. Cut-off, overlong and hostile
 * lines are passed over.
 */
bool mountinfo_feed(struct mountinfo *parser, char byte);

/*
 * The mounts in an open mountinfo, one after the other:
 *
 *	mounts_open(&m, fd);
 *	while ((mount = mounts_next(&m)) != NULL)
 *
 * mounts_open() begins anew, at the start of the file, which stays open. 0, or
 * -1 and errno when it cannot be read; then there are none.
 */
struct mounts {
	struct mountinfo parser;
	int fd;
	long at, size;
	char buffer[4096];
};

int mounts_open(struct mounts *mounts, int fd);
const struct mount *mounts_next(struct mounts *mounts);

/* fuse, fuse.SUBTYPE, fuseblk, fuseblk.SUBTYPE: what fs/fuse registers. */
bool mount_is_fuse(const struct mount *mount);

/*
 * The connection's id, the name of its fusectl directory: fuse_ctl_add_conn()
 * (fs/fuse/control.c) prints the superblock's dev_t. For an anonymous device
 * that is the minor number; for fuseblk it has the major above bit 20.
 */
unsigned mount_connection(const struct mount *mount);

#endif
