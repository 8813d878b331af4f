/* A finding in a sentence, and what would help. */
#ifndef FINI_VERDICT_H
#define FINI_VERDICT_H

#include "doctor/findings.h"

/* `command` is "" if nothing is known that would help. */
void finding_verdict(const struct finding *finding,
    const struct picture *picture, char *sentence, size_t size, char *command,
    size_t command_size);

#endif
