/*
 * What may be read of other processes. Only files that do not take the target's
 * memory: a reader of status, stat, statm, cmdline, environ or maps of a dying
 * process can be left with the last reference to its memory, and then waits in
 * exit_mmap() -> fuse_vma_close() in its place (docs/kernel.md).
 *
 * A path is given as a format (text_format()) below the open procfs `proc`.
 */
#ifndef FINI_PROCFS_H
#define FINI_PROCFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define COMM_SIZE 16 /* TASK_COMM_LEN, with the NUL */

/*
 * A descriptor of a procfs that shows our own PID namespace: /proc, or where
 * that is missing or another namespace's, one mounted nowhere (needs
 * CAP_SYS_ADMIN and Linux 5.2). -1 if neither can be had.
 */
int proc_open(void);

/*
 * openat(2), close-on-exec, that never crosses into another mount: a process
 * of the container can mount FUSE below /proc (RESOLVE_NO_XDEV, openat2(2),
 * Linux 5.6; plain openat(2) where it is not to be had). Nor does it wait for a
 * lease: a file's owner may take one (F_SETLEASE), and would hold us for 45 s
 * (__break_lease(), fs/locks.c). With O_NONBLOCK that is EWOULDBLOCK.
 */
int proc_openat(int proc, int flags, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads a small file whole, NUL-terminated: its size, or -1 and errno. */
ssize_t proc_read(int proc, char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * What is behind `name` in the first line that begins with it, as far as the
 * line fits, or NULL. The file may be of any length.
 */
const char *proc_value(int proc, const char *name, char *line, size_t size,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Reads a link, NUL-terminated: its size, or -1 and errno. */
ssize_t proc_link(int proc, char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The name of the task, or "?" where it cannot be read. */
void proc_comm(int proc, pid_t pid, char comm[COMM_SIZE]);

/*
 * The numbers among the names of a directory, one after the other:
 *
 *	for (proc_dir_open(&d, proc, ".");  proc_dir_next(&d, &number);)
 *
 * proc_dir_open() gives 0, or -1 and errno; then there are none. The last
 * proc_dir_next() closes it; on leaving earlier call proc_dir_close().
 */
struct proc_dir {
	int fd;
	long at, size;
	_Alignas(uint64_t) char buffer[1024];
};

int proc_dir_open(struct proc_dir *dir, int proc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool proc_dir_next(struct proc_dir *dir, int *number);
void proc_dir_close(struct proc_dir *dir);

#endif
