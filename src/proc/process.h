/* What belongs to a process: its children, its open files. */
#ifndef FINI_PROCESS_H
#define FINI_PROCESS_H

#include "src/base/bytes.h"
#include "src/proc/owner.h"
#include "src/proc/procfs.h"

/* The children of all its threads, one after the other: as proc_dir_next(). */
struct proc_children {
	int proc;
	pid_t pid;
	struct proc_dir tasks;
	struct bytes list; /* of one task's children */
};

int proc_children_open(struct proc_children *children, int proc, pid_t pid);
bool proc_children_next(struct proc_children *children, pid_t *child);
void proc_children_close(struct proc_children *children);

/* Is `child` one of them? */
bool proc_is_child(int proc, pid_t pid, pid_t child);

/*
 * Its open files, likewise: those of all its tasks. Each can have a table of its
 * own (CLONE_FILES, unshare(2)), and the first has none once it has ended. One
 * that only another task has is found by how many files that has, which the
 * kernel tells since Linux 6.2; before, only with `every`, set after
 * proc_files_open(), and by their numbers.
 *
 * Without CAP_SYS_PTRACE those of another user are looked at with its ids on
 * files (src/proc/owner.h), until it is closed.
 */
struct proc_files {
	int proc;
	pid_t pid;	     /* whose table it is in: /proc/TID works, too */
	int number;	     /* of the file */
	char link[PATH_MAX]; /* "/dev/fuse", "socket:[4711]"; as readlink */
	struct proc_dir dir;
	struct owner ours;
	bool as_owner;
	bool every;
	struct tables {
		pid_t leader;
		struct proc_dir tasks;
		bool begun;
		unsigned first, last; /* signs: process.c */
		unsigned read;	      /* numbers of files, for signs */
	} tables;
};

int proc_files_open(struct proc_files *files, int proc, pid_t pid);
bool proc_files_next(struct proc_files *files);
void proc_files_close(struct proc_files *files);

/*
 * The dev_t of the character device that it is, as device_number() has it; 0 for
 * every other file. 0, or -1 and errno: ENOSYS or EPERM where statx(2) is not to
 * be had. The server of a file on FUSE is not asked: fd_look() says why.
 */
int proc_file_device(const struct proc_files *files, unsigned *device);

/*
 * A duplicate of it; `pidfd` is the process's. As pidfd_getfd(), and can wait as
 * that; of a thread's own table only since Linux 6.9.
 */
int proc_file_duplicate(const struct proc_files *files, int pidfd);

/* Was it opened for reading, for writing? The link's mode tells it. */
bool proc_file_reads(const struct proc_files *files);
bool proc_file_writes(const struct proc_files *files);

#endif
