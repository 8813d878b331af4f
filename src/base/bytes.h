/* An open file, byte by byte, whatever its size. */
#ifndef FINI_BYTES_H
#define FINI_BYTES_H

struct bytes {
	int fd; /* -1: there are none */
	long at, size;
	char buffer[256];
};

/* From where the file is at. It stays the caller's to close. */
void bytes_open(struct bytes *bytes, int fd);

/* '\0' at its end, or where it cannot be read. */
char bytes_next(struct bytes *bytes);

#endif
