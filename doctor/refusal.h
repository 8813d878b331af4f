/* Why release does nothing about what the command line names. */
#ifndef FINI_DOCTOR_REFUSAL_H
#define FINI_DOCTOR_REFUSAL_H

struct doctor;

/* The name is that of several containers: their ids, to choose from. */
void refuse_many(const struct doctor *doctor);

/*
 * Nothing that is stuck has the name. It does not end, but not for --stuck yet;
 * or it is a process that does not hang; or else, what does hang, to choose from.
 * 0; or -1 and errno, as examine(), which it calls.
 */
int refuse_unknown(struct doctor *doctor);

/* No name was given, and what hangs is not meant by that: it, to choose from. */
void refuse_unnamed(const struct doctor *doctor);

/* What was not to be touched, or could not be released, by its verdict. */
void refuse(const char *sentence, const char *command);

#endif
