#include "src/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/base/text.h"

#define LINE_SIZE 1024	  /* longer lines are cut; below PIPE_BUF: never torn */
#define NOWAIT 0x00000008 /* RWF_NOWAIT, linux/fs.h */

/*
 * O_NONBLOCK would change the open file that main shares with us. RWF_NOWAIT
 * asks for one write only; pipes know it from Linux 6.4 on. Elsewhere POLLOUT
 * must do: pipe_poll() gives it while a whole buffer of the pipe is free.
 */
static bool
write_without_waiting(int fd, char *bytes, size_t size)
{
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	if (syscall(SYS_pwritev2, fd, &part, 1, -1L, -1L, NOWAIT) >= 0)
		return true;
	if (errno == EBADF || errno == EPIPE)
		return true; /* nobody listens: not lost, not wanted */
	if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return false;
	return write(fd, bytes, size) >= 0 || errno != EAGAIN;
}

static void
make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void
emit(struct log *log, struct text *line)
{
	make_printable(line->start);
	line->start[line->used++] = '\n'; /* where the NUL was */
	if (!write_without_waiting(log->fd, line->start, line->used))
		log->lost++;
}

static void
tell_lost(struct log *log)
{
	char buffer[LINE_SIZE];
	struct text line = text_over(buffer, sizeof(buffer));
	unsigned lost = log->lost;

	log->lost = 0;
	text_format(&line, "fini: %u lines lost: stderr was full", lost);
	emit(log, &line);
	if (log->lost > 0)
		log->lost = lost;
}

void
log_line(struct log *log, enum log_level level, const char *format, ...)
{
	char buffer[LINE_SIZE];
	struct text line = text_over(buffer, sizeof(buffer));
	int error = errno;
	va_list arguments;

	if ((int)level > log->verbosity)
		return;
	if (log->lost > 0)
		tell_lost(log);
	text_format(&line, "fini: ");
	va_start(arguments, format);
	text_vformat(&line, format, arguments);
	va_end(arguments);
	emit(log, &line);
	errno = error;
}

void
log_raw(struct log *log, const char *bytes, unsigned size)
{
	struct pollfd ready = { .fd = log->fd, .events = POLLOUT };

	if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) &&
	    write(log->fd, bytes, size) >= 0)
		return;
	log->lost++;
}
