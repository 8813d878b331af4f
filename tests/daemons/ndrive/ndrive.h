/*
 * ndrive: a passthrough FUSE server that can do to itself what real servers
 * do to themselves by accident, so that tests can show what a container's
 * end makes of it.
 */
#ifndef NDRIVE_H
#define NDRIVE_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#define FUSE_USE_VERSION 35
#include <fuse.h>
#include <fuse_lowlevel.h>

struct ndrive {
	int backing;		/* the directory that is passed through */
	int log;		/* -1, or where events are appended */
	const char *mountpoint; /* absolute */
	const char *name;	/* its last component, or --name */
	bool writeback_cache;
	bool no_flush; /* FLUSH is answered ENOSYS */
	long slow_flush_ms;
	const char *never_read; /* READ of this file is never answered */
	const char *mute_at;	/* once asked for this name, answer no more */
	atomic_bool mute;
	atomic_llong written; /* bytes received in WRITE requests */
	sem_t unanswered;     /* posted for every request left unanswered */
};

/* What it does to itself once it serves; see deeds.c. */
enum deed_kind {
	DEED_AWAIT_MOUNT, /* wait until something is mounted on the path */
	DEED_HOLD,	  /* open the file and keep it open */
	DEED_DIRTY,	  /* write to the file and keep it open */
	DEED_MAP,	  /* dirty a shared mapping, close the descriptor */
	DEED_READ,	  /* a thread in read() that is never answered */
	DEED_FAULT,	  /* a thread in a page fault that is never answered */
	DEED_HELPER,	  /* a child with the file and a higher /dev/fuse */
	DEED_RUN,	  /* a child that is another program */
	DEED_AWAIT_GO,	  /* be in place, and wait for a byte from the fifo */
};

struct deed {
	enum deed_kind kind;
	const char *path; /* relative ones lie on ndrive's own mount */
};

#define MAX_DEEDS 16

enum sigterm { SIGTERM_CLEAN, SIGTERM_IGNORE, SIGTERM_DIE };

struct server {
	struct ndrive nd;
	struct fuse *fuse;
	struct deed deeds[MAX_DEEDS];
	size_t ndeeds;
	int hold_threads;
	bool foreground, single_thread;
	enum sigterm sigterm;
	uid_t uid; /* whose it becomes once it is mounted */
	const char *pid_file;
	struct fuse_args args;
	int in_place; /* one byte is written here when all is in place */
};

/* Fills server from the command line; says what is wrong and exits with 2. */
void options_parse(struct server *server, int argc, char *argv[]);

/* The operations handed to libfuse; their private data is a struct ndrive. */
extern const struct fuse_operations passthrough;

/*
 * Appends one line, "name event detail", to the log with a single write(2), so that lines of
 * several threads never mix. Safe in a signal handler when detail is "".
 */
void ndrive_log(const struct ndrive *nd, const char *event, const char *detail);

/*
 * Does one deed; requests must already be served by another thread, or be
 * about to be. fuse_fd is the server's /dev/fuse. threads is the number of
 * threads that hold the file of a DEED_HOLD: with 0 the calling thread opens
 * it and no thread stays. Returns 0, or -1 with errno set.
 */
int deed_run(struct ndrive *nd, const struct deed *deed, int fuse_fd,
    int threads);

#endif
