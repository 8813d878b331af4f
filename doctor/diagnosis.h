/* From a picture to findings: what does not end, and what waits elsewhere. */
#ifndef FINI_DIAGNOSIS_H
#define FINI_DIAGNOSIS_H

#include "doctor/findings.h"

/*
 * What has waited for at least `stuck_ms`, or, where the kernel does not tell
 * how long, what is marked `still` (NULL: nothing is).
 */
void findings_make(struct findings *findings, const struct picture *picture,
    long long stuck_ms, const bool *still);

#endif
