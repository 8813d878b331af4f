/* Starts main, as if there were no init, and what init itself runs. */
#ifndef FINI_SPAWN_H
#define FINI_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct gate;
struct log;
struct signal_state;

/*
 * Forks and executes argv[0], sought in PATH as execvp(3) does, in a process
 * group of its own that gets the terminal on descriptor 0 if ours had it, with
 * the signal mask and dispositions of `before`. A file that is no binary and
 * has no "#!" is run by /bin/sh, as glibc's execvp(3) does and musl's does
 * not. Nothing is executed before `gate` is open, or CLOSED_MS are over.
 * argv[-1] must exist: it is the room for "/bin/sh".
 *
 * Only a device is asked whether it is a terminal: an ioctl(2) on a file of FUSE
 * would ask its server.
 *
 * Returns main's pid, or -1 and errno from fork(2). What cannot be executed
 * exits, after one line, with the status that shells and tini give: 127 not
 * found, 126 found but not executable, 1 anything else.
 */
pid_t spawn_main(char **argv, const struct signal_state *before,
    bool stdin_is_device, struct gate *gate, struct log *log);

/*
 * The same for a command of init's own, in one string (words_split()): in a
 * process group of its own that never gets the terminal, stdin is /dev/null,
 * and no descriptor but 0 to 2 is left to it. `enter`, if not NULL, is called
 * in its process first; if it fails, nothing is executed (status 1). Why nothing
 * was executed is written to *error, which must be shared memory; where that is
 * NULL, one line says it. -1 and errno; EINVAL where the
 * string cannot be split.
 */
pid_t spawn_command(const char *command, const struct signal_state *before,
    int (*enter)(void), int *error, struct log *log);

#endif
