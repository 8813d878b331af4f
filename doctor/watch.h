/* The doctor of a node: looks, releases, and says so to people and machines. */
#ifndef FINI_DOCTOR_WATCH_H
#define FINI_DOCTOR_WATCH_H

struct doctor;

/* Until --rounds are over, or for ever. The exit status. */
int watch(struct doctor *doctor);

#endif
