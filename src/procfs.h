/*
 * What may be read of other processes. Only files that do not take the
 * target's memory: who reads status, stat, statm, cmdline, environ or maps of
 * a dying process can be left with the last reference to its memory, and then
 * waits in exit_mmap() -> fuse_vma_close() in its place (docs/kernel.md).
 */
#ifndef FINI_PROCFS_H
#define FINI_PROCFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define COMM_SIZE 16 /* TASK_COMM_LEN, with the NUL */

/*
 * A descriptor of a procfs that shows our own PID namespace: /proc, or where
 * that is missing or another namespace's, one mounted nowhere (needs
 * CAP_SYS_ADMIN and Linux 5.2). -1 if neither can be had.
 */
int proc_open(void);

/*
 * openat(2) below the procfs `proc`, read-only, that never crosses into
 * another mount: a process of the container can mount FUSE below /proc
 * (RESOLVE_NO_XDEV, openat2(2), Linux 5.6; plain openat(2) where it is not
 * to be had).
 */
int proc_openat(int proc, const char *path, int flags);

/* Reads a small file below it whole, NUL-terminated: its size, or -1. */
ssize_t proc_read(int proc, const char *path, char *buffer, size_t size);

/* The name of the task, or "?" where it cannot be read. */
void proc_comm(int proc, pid_t pid, char comm[COMM_SIZE]);

/*
 * The kernel function that task `tid` of `pid` waits in, "" where the kernel
 * does not tell (needs ptrace rights). 0, or -1 if there is no such task.
 */
int proc_wchan(int proc, pid_t pid, pid_t tid, char *name, size_t size);

/*
 * Calls `visit` for each number among the names in /proc/PATH, until it
 * returns false. 0, or -1 and errno if the directory cannot be read.
 */
int proc_each_number(int proc, const char *path,
    bool (*visit)(int number, void *context), void *context);

/* Calls `visit` for each thread of `pid`, likewise. */
int proc_each_task(int proc, pid_t pid, bool (*visit)(int tid, void *context),
    void *context);

/* Calls `visit` for each child of each thread of `pid`, likewise. */
int proc_each_child(int proc, pid_t pid,
    bool (*visit)(int child, void *context), void *context);

/* An open file of a process: a row of /proc/PID/fd. */
struct proc_file {
	pid_t pid;
	int number;
	int directory;	     /* the open /proc/PID/fd */
	char link[PATH_MAX]; /* "/dev/fuse", "socket:[4711]"; as readlink */
};

/* Was it opened for reading, for writing? The link's mode tells it. */
bool proc_file_reads(const struct proc_file *file);
bool proc_file_writes(const struct proc_file *file);

/*
 * Calls `visit` for each open file of `pid`, likewise. Without CAP_SYS_PTRACE
 * those of another user are looked at with its ids on files (src/as_owner.h):
 * `visit` has them too.
 */
int proc_each_file(int proc, pid_t pid,
    bool (*visit)(const struct proc_file *, void *context), void *context);

#endif
