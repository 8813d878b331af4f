/*
 * execer open|map FILE: executes sleep(1) while it has FILE open with
 * close-on-exec, or has dirtied a shared mapping of it. execve(2) then flushes,
 * or writes back, and waits for whoever serves FILE. (The mapped one stays open
 * without: closing it would write back before.)
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096

int
main(int argc, char *argv[])
{
	bool maps = argc == 3 && strcmp(argv[1], "map") == 0;
	int fd =
	    argc == 3 ? open(argv[2], O_RDWR | (maps ? 0 : O_CLOEXEC)) : -1;
	char *map;

	if (fd == -1)
		err(1, "usage: execer open|map FILE");
	if (maps) {
		map =
		    mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			err(1, "%s", argv[2]);
		map[0] = 1;
	}
	execlp("sleep", "sleep", "60", (char *)NULL);
	err(1, "sleep");
}
