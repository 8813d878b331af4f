#include "src/base/error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "src/base/text.h"

/* No table of pointers: each would be 8 bytes, and 24 to relocate it. */
#define WORDS(_)                                      \
	_(EPERM, "Operation not permitted")           \
	_(ENOENT, "No such file or directory")        \
	_(ESRCH, "No such process")                   \
	_(EIO, "I/O error")                           \
	_(ENXIO, "No such device or address")         \
	_(E2BIG, "Argument list too long")            \
	_(ENOEXEC, "Exec format error")               \
	_(EAGAIN, "Resource temporarily unavailable") \
	_(ENOMEM, "Out of memory")                    \
	_(EACCES, "Permission denied")                \
	_(ENODEV, "No such device")                   \
	_(ENOTDIR, "Not a directory")                 \
	_(EISDIR, "Is a directory")                   \
	_(EINVAL, "Invalid argument")                 \
	_(EMFILE, "No file descriptors available")    \
	_(ETXTBSY, "Text file busy")                  \
	_(ENOSPC, "No space left on device")          \
	_(EROFS, "Read-only file system")             \
	_(ENAMETOOLONG, "Filename too long")          \
	_(ENOSYS, "Function not implemented")         \
	_(ELOOP, "Symbolic link loop")                \
	_(ECONNABORTED, "Connection aborted")         \
	_(ENOTCONN, "Socket not connected")           \
	_(ETIMEDOUT, "Operation timed out")

#define NUMBER(number, words) number,
#define TEXT(number, words) words "\0"

static const unsigned char numbers[] = { WORDS(NUMBER) };
static const char texts[] = WORDS(TEXT);

const char *
error_text(int number)
{
	static char other[16];
	struct text line = text_over(other, sizeof(other));
	const char *text = texts;

	for (size_t i = 0; i < sizeof(numbers); i++) {
		if (numbers[i] == number)
			return text;
		text += strlen(text) + 1;
	}
	text_format(&line, "error %d", number);
	return other;
}
