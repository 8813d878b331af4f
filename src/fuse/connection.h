/*
 * What is known of FUSE: connections, the mounts that show them and the
 * processes that hold /dev/fuse for them. Tables of fixed size: PID 1
 * allocates nothing. Whose a connection is, src/fuse/whose.h decides.
 */
#ifndef FINI_CONNECTION_H
#define FINI_CONNECTION_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/set.h"
#include "src/fuse/fusectl.h"
#include "src/proc/procfs.h"

#define CONNECTIONS SET_MOST /* not foreign ones: those are a list of numbers */
#define SERVERS SET_MOST
#define MOUNTS 4096
#define FOREIGN 1024

/* Where a connection is in our mount namespace, at the last look. */
struct here {
	bool mounted;
	bool shared;	 /* by a mount that a peer outside may have made */
	char point[128]; /* for people */
};

struct connection {
	unsigned id; /* mount_connection() */
	bool used;
	bool ours;	       /* a process of ours serves it: never undone */
	unsigned exited_ticks; /* looks since all its servers have exited */
	bool aborted;
	bool over;    /* fusectl has it no more */
	bool settled; /* it was over before another had its number */
	int turn;     /* of a --server among them, from 1; 0: it is none */
	struct {
		int unmount; /* enum unmount_result, of unmount_many() */
		int abort;   /* enum abort_step, once aborted */
	} result;
	struct {
		bool unseen_told;      /* that it is not seen */
		long long guess_until; /* whose_match_by_time(); 0: no guess */
	} server;
	struct fusectl_pin pin;
	struct here here;
};

/* A mount of a connection, in our mount namespace or in a server's. */
struct fuse_mount {
	int id; /* mnt_id, unique over all namespaces */
	int parent;
	unsigned number; /* mount_connection(), foreign ones' too */
	int connection;	 /* index; -1: foreign */
	int inside;	 /* the connection that it is mounted in, or -1 */
	pid_t seen_by;	 /* 0: us; else the task with it in its namespace */
};

/* How a server is, as look_at_servers() found it. */
struct state {
	bool exited;	 /* no thread can answer any more */
	bool waits;	 /* one waits for a FUSE server itself */
	bool reads;	 /* one waits for requests */
	bool takes;	 /* SIGTERM has a use for it; once unmounted */
	bool locked;	 /* the first waits for another thread of it */
	unsigned place;	 /* what the first waits in (stuck.h) */
	struct set uses; /* connections of ours that it has files open on */
};

/* How far a teardown is with a server. */
struct stop {
	bool told;	/* by unmount or signal, once */
	bool unmounted; /* nothing of it is mounted any more */
	bool signalled;
	bool read; /* as struct state says, before it was told */
	unsigned place;
	long long told_at;
	long long alone_since;	   /* waits for itself since; 0: does not */
	long long aborted_at;	   /* all that it serves; 0: not */
	long long look_at;	   /* whether it works; 0: not yet */
	long long worked_at;	   /* when it was last seen to, or was told */
	unsigned long long run_ns; /* task_run_time() then */
};

/* What a process has open of /dev/fuse, as look_for_servers() found it. */
struct devices {
	bool seen;	    /* any, at the last look */
	bool released;	    /* it was seen without any since */
	bool ring;	    /* and an io_uring: may be served by it */
	unsigned untold;    /* those that fdinfo says nothing of */
	unsigned unmatched; /* of these, not yet matched by time */
};

/* A process that holds /dev/fuse. */
struct server {
	pid_t pid;		     /* 0: free */
	pid_t parent;		     /* when it was found */
	int pidfd;		     /* -1: could not be pinned */
	unsigned newness;	     /* grows with each one found */
	unsigned long long found_at; /* first; as task_origin() has it */
	bool second; /* forked from another holder: served last */
	struct devices devices;
	char comm[COMM_SIZE];
	struct stop stop;
	struct state state; /* at the last look_at_servers() */
	struct set serves;  /* connections */
};

struct registry {
	int connections, servers; /* behind the last that was ever used */
	int mounts;
	int foreigns;
	bool overflow; /* a table was full: something is not known */
	bool changed;  /* something was mounted or unmounted since the start */
	unsigned newest;
	unsigned foreign[FOREIGN];
	bool foreign_seen[FOREIGN];
	struct connection connection[CONNECTIONS];
	struct server server[SERVERS];
	struct fuse_mount mount[MOUNTS];
};

/* The index of connection `id`, or -1. One that is over has no number. */
int registry_find(const struct registry *registry, unsigned id);

/* The same, added if it is new; -1 if the table is full. */
int registry_add(struct registry *registry, unsigned id);

/* Forgets a connection. */
void registry_drop(struct registry *registry, int connection);

/* The most open files that a registry has. */
#define REGISTRY_DESCRIPTORS (SERVERS + 2 * CONNECTIONS)

/* Writes those it has to `list`; how many there are. */
int registry_descriptors(struct registry *registry, int *list);

bool registry_is_foreign(const struct registry *registry, unsigned id);
void registry_add_foreign(struct registry *registry, unsigned id);

/* For each mount: the connection that it is mounted in. */
void registry_find_insides(struct registry *registry);

/* The servers in use, one after the other (NULL to begin). */
struct server *registry_next_server(struct registry *registry,
    const struct server *after);

#define each_server(one, registry)                                           \
	for (struct server *one = registry_next_server(registry, NULL); one; \
	     one = registry_next_server(registry, one))

/* The server with this pid, or NULL. */
struct server *registry_server(struct registry *registry, pid_t pid);

/*
 * The same, added if it is new; then *added, and its pidfd is to be set. NULL
 * if the table is full.
 */
struct server *registry_add_server(struct registry *registry, pid_t pid,
    bool *added);

/* Is this pid a server that serves a connection of ours? */
bool registry_serves(struct registry *registry, pid_t pid);

/* Connections of ours; those of them that are neither aborted nor over. */
struct set registry_ours(const struct registry *registry);
struct set registry_open(const struct registry *registry);
bool registry_any_ours(const struct registry *registry);

/* A living server of a connection, of one of them; NULL if none is known. */
struct server *registry_server_of(struct registry *registry, int connection);
struct server *registry_server_of_any(struct registry *registry,
    const struct set *connections);

#endif
