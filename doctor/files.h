/* On which file a thread's system call is: the surest sign of what it waits for. */
#ifndef FINI_DOCTOR_FILES_H
#define FINI_DOCTOR_FILES_H

struct picture;
struct thread;

/*
 * Fills in the thread's connection, or its point and source. By the descriptor
 * in /proc/PID/task/TID/syscall and that one's mnt_id; else, where there is only
 * one mount of the kind, by that. Can wait: only in eyes_look().
 */
void files_of_call(const struct picture *picture, int proc,
    struct thread *thread);

#endif
