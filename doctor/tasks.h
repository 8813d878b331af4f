/* Processes, their namespaces, and which of these are ending. */
#ifndef FINI_DOCTOR_TASKS_H
#define FINI_DOCTOR_TASKS_H

struct picture;

/* For eyes_look(): one process. */
void tasks_look(struct picture *picture, int proc, int process);

/* Who could not be looked at; which namespaces are dying. */
void tasks_settle(struct picture *picture, int proc);

#endif
