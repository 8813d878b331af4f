/* Who must reap what keeps a PID namespace from ending, and is outside of it. */
#ifndef FINI_DOCTOR_REAPERS_H
#define FINI_DOCTOR_REAPERS_H

struct picture;

/*
 * For eyes_look(), once it is known which namespaces are dying: notes zombies of
 * these, and whether their parents are stopped.
 */
void reapers_look(struct picture *picture, int proc, int process);

/*
 * A zombie in a namespace that is dying, or inside of that, whose parent is in
 * none that is; NONE. Init reaps its own children only and waits for the others
 * (zap_pid_ns_processes(), kernel/pid_namespace.c): who came in by nsenter(1) or
 * docker exec is a child of somebody outside.
 */
int reapers_zombie(const struct picture *picture, int namespace);

/* Its parent; NONE: it is not seen from our PID namespace. */
int reapers_parent(const struct picture *picture, int zombie);

#endif
