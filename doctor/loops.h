/* Disks that are images on FUSE (mount -o loop): who waits for one waits for FUSE. */
#ifndef FINI_DOCTOR_LOOPS_H
#define FINI_DOCTOR_LOOPS_H

#include <stdbool.h>

struct picture;

/*
 * Is it the kernel's thread that works for a loop device, waiting for a FUSE
 * server's answer? A kworker (drivers/block/loop.c, since Linux 5.14), or a
 * thread called loopN.
 */
bool loops_is_worker(const struct picture *picture, int thread);

/*
 * If such a worker waits, those that wait for a disk wait behind it, as far as
 * can be told: which loop device a thread waits for nothing tells, nor which
 * connection the worker waits for. Reads nothing.
 */
void loops_follow(struct picture *picture);

#endif
