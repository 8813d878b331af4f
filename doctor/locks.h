/* Who has the lock, or the page, that a thread behind FUSE waits for. */
#ifndef FINI_DOCTOR_LOCKS_H
#define FINI_DOCTOR_LOCKS_H

struct picture;

/*
 * Fills in thread.behind. The kernel does not tell who owns a lock: so it is
 * looked for among those who wait themselves, in a call that holds one. Reads
 * nothing.
 */
void locks_follow(struct picture *picture);

#endif
