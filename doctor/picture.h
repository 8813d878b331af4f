/*
 * What one look sees of a host. It lies in memory that is shared with the
 * children that look (doctor/eyes.h): plain arrays, and indices for pointers.
 */
#ifndef FINI_PICTURE_H
#define FINI_PICTURE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "src/proc/procfs.h"

/* What does not fit is counted in `cut`, and said. Pages nobody needs cost nothing. */
#define PROCESSES 262144
#define NAMESPACES 65536
#define THREADS 65536
#define MOUNTS 65536
#define HOLDERS 65536
#define CONNECTIONS 16384

#define NONE (-1) /* of an index */

/* What a thread waits for. */
enum cause {
	CAUSE_NONE,
	CAUSE_ANSWER, /* a FUSE server's answer: request_wait_answer() */
	CAUSE_BEHIND, /* a lock or a page of FUSE, that who waits for an answer has */
	CAUSE_EXEC, /* it is not seen: it holds its exec lock, or its memory's end */
	CAUSE_ZAP, /* for its PID namespace to end: zap_pid_ns_processes() */
	CAUSE_NFS,
	CAUSE_CIFS,
	CAUSE_9P,
	CAUSE_CEPH,
	CAUSE_LUSTRE,
	CAUSE_DISK,
	CAUSE_OTHER, /* something else, uninterruptibly */
	CAUSE_UNTOLD /* uninterruptibly, and no function of it could be read */
};

/* What keeps it, and for how long it has. */
struct wait {
	long long ms;		 /* -1: the kernel does not tell */
	unsigned long long runs; /* how often it was run: as long as it stays,
				      it has waited */
	char function[48];	 /* that it waits in; "?" */
	char through[160];	 /* whence, the nearest first; "" */
};

/* The file that it is in a call on. */
struct place {
	unsigned connection;	  /* 0: unknown */
	unsigned long long inode; /* 0: unknown */
	char point[256];	  /* the mount of that file, or the only one
				      that it can be; "" */
	char source[128];	  /* what is mounted there: "server:/export" */
};

/* Who has the lock or the page that it waits for. */
struct owner_of_lock {
	int thread; /* NONE: not found */
	bool sure;  /* it is in a call on the same file */
};

/* A thread that waits for one of these. */
struct thread {
	int process;
	pid_t tid;
	char state;   /* as in proc_pid_stat(5): 'D', 'S' */
	bool exiting; /* PF_EXITING */
	bool killed;  /* SIGKILL is pending: it was sent, and cannot act */
	enum cause cause;
	struct wait waits;
	struct place on;
	struct owner_of_lock behind;
};

struct process {
	pid_t pid, parent, inner; /* inner: in its own PID namespace */
	unsigned pid_namespace;	  /* inodes, as in ns/pid; 0: unknown */
	unsigned mnt_namespace;
	int threads;
	bool zombie;  /* its first thread is */
	bool exiting; /* each of its threads is in do_exit() */
	bool stopped; /* of a zombie's parent: it cannot reap */
	bool unseen;  /* who looked at it waited: left alone */
	char comm[COMM_SIZE];
};

struct pidns {
	unsigned id, parent; /* of PIDs */
	int init;	     /* its process 1; NONE: not seen */
	bool dying;	     /* that is exiting; or an outer one's is */
	char container[96];  /* its id, as the engine has it; "": not told */
	char name[64];	     /* what its conmon calls it; "": not told */
	char engine[24];     /* "docker", "kubernetes", ...; "" */
};

/* A FUSE mount in a mount namespace. */
struct mounted {
	unsigned mnt_namespace;
	unsigned connection;
	char type[32], point[256];
};

/* Who has /dev/fuse open. */
struct holder {
	int process;
	unsigned connection; /* 0: this kernel does not tell (before 6.16) */
	unsigned mnt_namespace;
};

struct connection {
	unsigned id;
	unsigned waiting; /* requests not answered */
};

/* Who looks, and what could be seen. */
struct sight {
	pid_t self;
	unsigned pid_namespace; /* ours */
	bool first;		/* that is the host's first one */
	bool reads_others;	/* links of other users' processes, too */
	bool told;		/* fusectl could be read */
	bool stacks;		/* /proc/PID/stack could be read */
	long timeout;		/* fs.fuse.default_request_timeout, in seconds;
				   -1: this kernel has none (before 6.15) */
	long long taken_ms;	/* how long the look took */
	int cut;
};

/* Everybody, and of their threads those that wait. */
struct tasks {
	int processes, namespaces, threads;
	struct process process[PROCESSES];
	struct pidns namespace[NAMESPACES];
	struct thread thread[THREADS];
};

/* FUSE. */
struct drives {
	int mounts, holders, connections;
	struct mounted mounted[MOUNTS];
	struct holder holder[HOLDERS];
	struct connection connection[CONNECTIONS];
};

struct picture {
	struct sight sight;
	struct tasks tasks;
	struct drives drives;
	volatile int at; /* whom the child looks at: how far it has come */
};

/* Was the whole host seen? Else show_sight() says what was not. */
bool picture_sees_all(const struct picture *picture);

/* Memory for one, all zero. NULL and errno if there is none. */
struct picture *picture_new(void);

/* Copies text; what does not fit is cut off. */
void keep(char *to, size_t size, const char *text);

int picture_find_namespace(const struct picture *picture, unsigned id);
const struct connection *picture_connection(const struct picture *picture,
    unsigned id);

#endif
