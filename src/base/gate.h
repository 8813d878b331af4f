/*
 * A gate between two processes that share its memory: one waits until the other
 * has opened it. Whoever finds it open has made no system call.
 */
#ifndef FINI_GATE_H
#define FINI_GATE_H

/* In shared memory; 0 is closed. */
struct gate {
	int state;
};

void gate_open(struct gate *gate);

/*
 * Returns when it is open, after `most_ms`, or at once where futex(2) is
 * refused.
 */
void gate_await(struct gate *gate, int most_ms);

#endif
