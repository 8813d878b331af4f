/* What a system call failed with, in words. */
#ifndef FINI_ERROR_H
#define FINI_ERROR_H

/*
 * musl's words for what our messages can be about, "error 122" for the rest,
 * which lasts until the next one.
 */
const char *error_text(int number);

#endif
