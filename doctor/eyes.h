/* Reads of others what can wait, and never waits for it. */
#ifndef FINI_DOCTOR_EYES_H
#define FINI_DOCTOR_EYES_H

struct picture;

/*
 * Calls `look` for process 0, 1, ... of the picture, in a child. Who reads stat,
 * stack, wchan, links of ns/ or fd/ may wait for the process's exec lock, or end
 * its memory in its place (docs/kernel.md). A child that gets no further is
 * killed, the process is marked `unseen`, and the next child goes on behind it.
 *
 * A child that is given no processor is not one that waits: it has more time. 0;
 * or -1 and ETIME if that is over, too. Then the picture is not to be used: who
 * was not looked at may be a living server.
 */
int eyes_look(struct picture *picture,
    void (*look)(struct picture *picture, int proc, int process), int proc);

/* The same for those that are marked, with a `look` that need not wait. */
int eyes_look_at_unseen(struct picture *picture,
    void (*look)(struct picture *picture, int proc, int process), int proc);

#endif
