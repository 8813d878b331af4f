/* For programs that may be started without 0, 1 or 2. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <fcntl.h>
#include <unistd.h>

/* Nothing we open shall ever be taken for a closed descriptor 0, 1 or 2. */
static inline void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

#endif
