/* One event, one line on stderr, and never a wait for its reader. */
#ifndef FINI_LOG_H
#define FINI_LOG_H

/* The numbers are tini's verbosity levels. */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log {
	int fd;
	int verbosity; /* highest enum log_level that is written */
	unsigned lost; /* lines that found no room since the last one */
};

/*
 * Writes "fini: LINE\n" if `level` is within the verbosity. Control characters
 * in what was formatted become '?': a comm or a path cannot forge a line. A
 * line that would have to wait (a full pipe, a stopped terminal) is counted
 * and dropped; the next line that finds room says how many were. errno is
 * kept.
 */
void log_line(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes `size` bytes as they are, under the same rule: all or nothing. */
void log_raw(struct log *log, const char *bytes, unsigned size);

#endif
