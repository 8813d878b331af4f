#include "src/base/bytes.h"

#include <unistd.h>

void
bytes_open(struct bytes *b, int fd)
{
	b->fd = fd;
	b->at = b->size = 0;
}

char
bytes_next(struct bytes *b)
{
	if (b->at >= b->size) {
		b->at = 0;
		b->size =
		    b->fd < 0 ? 0 : read(b->fd, b->buffer, sizeof(b->buffer));
		if (b->size <= 0)
			return '\0';
	}
	return b->buffer[b->at++];
}
