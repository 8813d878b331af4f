/* What a thread waits for, by the kernel functions it is in. */
#ifndef FINI_CAUSE_H
#define FINI_CAUSE_H

#include <stdbool.h>

#include "doctor/picture.h"

/*
 * By the lines of /proc/PID/stack, or by one function of wchan. CAUSE_NONE: it
 * waits for nothing that could keep it for ever. CAUSE_UNTOLD: there is none.
 */
enum cause cause_of(const char *stack);

/* Where it begins in "[<0>] function+0x12/0x34 [module]"; wchan has it only. */
const char *cause_function(const char *line);

/* One that many threads of a healthy host are in: not worth another look. */
bool cause_is_everyday(const char *function);

/* For a lock or a page, of any filesystem: who has it may wait for a FUSE server. */
bool cause_may_be_behind(const char *function);

/* "nfs": for people. */
const char *cause_name(enum cause cause);

/* Filesystem types of that cause begin with this; NULL: of none. */
const char *cause_filesystem(enum cause cause);

/* Does it concern a FUSE server? */
bool cause_is_fuse(enum cause cause);

#endif
