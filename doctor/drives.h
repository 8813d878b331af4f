/* FUSE as the whole host has it: mounts, and who serves them. */
#ifndef FINI_DRIVES_H
#define FINI_DRIVES_H

struct picture;

/* Reads mounts of every mount namespace, and everybody's files. As eyes_look(). */
int drives_look(struct picture *picture, int proc);

#endif
