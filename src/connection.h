/*
 * What is known of FUSE: connections, the mounts that show them and the
 * processes that hold /dev/fuse for them. Tables of fixed size: PID 1
 * allocates nothing. A bit of a `connections` word is an index into
 * registry.connection.
 */
#ifndef FINI_CONNECTION_H
#define FINI_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/answer.h"
#include "src/fusectl.h"
#include "src/procfs.h"

#define CONNECTIONS 64 /* not foreign ones: those are a list of numbers */
#define SERVERS 64
#define MOUNTS 256
#define FOREIGN 512

struct population;

struct connection {
	unsigned id; /* mount_connection() */
	bool used;
	bool ours;    /* a process of ours serves it: never undone */
	bool mounted; /* in our mount namespace, at the last look */
	bool shared;  /* by a mount that a peer outside may have made */
	unsigned exited_ticks; /* looks since all its servers have exited */
	bool aborted;
	bool unaborted; /* no way worked: its servers were killed at most */
	bool told;	/* that its server is not seen */
	struct fusectl_pin pin;
};

/* A mount of a connection, in our mount namespace or in a server's. */
struct fuse_mount {
	int id; /* mnt_id, unique over all namespaces */
	int parent;
	unsigned number; /* mount_connection(), foreign ones' too */
	int connection;	 /* index; -1: foreign */
	pid_t seen_by;	 /* 0: us; else who has it in its namespace */
};

/* A process that holds /dev/fuse. */
struct server {
	pid_t pid;	      /* 0: free */
	int pidfd;	      /* -1: could not be pinned */
	uint64_t connections; /* that it serves */
	unsigned untold;      /* its /dev/fuse that fdinfo says nothing of */
	unsigned unmatched;   /* of these, not yet matched by time */
	unsigned newness;     /* grows with each one found */
	bool seen;	      /* at the last look */
	bool told;	      /* to stop: by unmount or signal, once */
	bool second;	      /* forked from another holder: served last */
	char comm[COMM_SIZE];
};

struct registry {
	struct connection connection[CONNECTIONS];
	struct server server[SERVERS];
	struct fuse_mount mount[MOUNTS];
	int mounts;
	unsigned foreign[FOREIGN];
	bool foreign_seen[FOREIGN];
	int foreigns;
	bool overflow; /* a table was full: something is not known */
	bool changed;  /* something was mounted or unmounted since the start */
	unsigned newest;
	struct answers answers;
};

/* The index of connection `id`, or -1. */
int registry_find(const struct registry *registry, unsigned id);

/* The same, added if it is new; -1 if the table is full. */
int registry_add(struct registry *registry, unsigned id);

/* The most open files that a registry has. */
#define REGISTRY_DESCRIPTORS (SERVERS + 2 * CONNECTIONS)

/* Writes those it has to `list`; how many there are. */
int registry_descriptors(const struct registry *registry, int *list);

/* Forgets a connection. */
void registry_drop(struct registry *registry, int connection);

bool registry_is_foreign(const struct registry *registry, unsigned id);
void registry_add_foreign(struct registry *registry, unsigned id);

/* The server with this pid, or NULL. */
struct server *registry_server(struct registry *registry, pid_t pid);

/*
 * The same, added if it is new. Takes over `pidfd` if *taken becomes true.
 * NULL if the table is full.
 */
struct server *registry_add_server(struct registry *registry, pid_t pid,
    int pidfd, bool *taken);

/*
 * Forgets servers that are dead, and closes their pidfds. One that could not be
 * pinned is forgotten too when it held no /dev/fuse at the last look, unless it
 * has closed it in its exit.
 */
void registry_forget_dead(struct registry *registry,
    const struct population *population);

/* Is this pid a server that serves a connection of ours? */
bool registry_serves(const struct registry *registry, pid_t pid);

/* Connections of ours; those of them that are not aborted yet. */
uint64_t registry_ours(const struct registry *registry);
uint64_t registry_open(const struct registry *registry);

/* Is anybody alive in the table who serves one of `connections`? */
bool registry_served(const struct registry *registry, uint64_t connections);

/*
 * Connections of ours that process `pid` has files open on. Files on a mount
 * that is no longer anywhere (umount -l) cannot be matched and do not count.
 */
uint64_t registry_used_by(const struct registry *registry, int proc, pid_t pid);

/*
 * The number of a connection, foreign ones included, that process `pid` has a
 * file open on; 0 if none is found.
 */
unsigned registry_number_used_by(const struct registry *registry, int proc,
    pid_t pid);

#endif
