/* A time as a person writes it: "300ms", "1.5s", "1m30s". */
#ifndef FINI_DURATION_H
#define FINI_DURATION_H

/*
 * Numbers with units h, m, s and ms, each smaller than the one before, or one
 * number of seconds; at most `most_ms`, which is thirty days at most. What is
 * below a millisecond is cut off. 0; or -1, with *ms as it was, if it is none.
 */
int duration_read(const char *text, unsigned most_ms, long long *ms);

#endif
