/* The directory of a container: what its scene finds, and what it leaves. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_BYTES 65536 /* of the file "seed" in what is served */

void
say_stderr(const struct container *container)
{
	char path[128], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/stderr", container->scratch);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		say("stderr %d %d %s", container->cell->number, container->run,
		    line);
	}
}

_Noreturn void
fail(const struct container *container, const char *what)
{
	int error = errno;

	say_stderr(container);
	say("run %d %d failed %s: %s", container->cell->number, container->run,
	    what, strerror(error));
	_exit(1);
}

static int
make_fifo(const struct container *container, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", container->scratch, name);
	if (mkfifo(path, 0600) == -1)
		fail(container, path);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void
make_drive(const struct container *container, const char *name)
{
	static const char seed[SEED_BYTES] = "seed";
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/mnt/%s", container->scratch, name);
	if (mkdir(path, 0755) == -1)
		fail(container, path);
	snprintf(path, sizeof(path), "%s/back/%s", container->scratch, name);
	if (mkdir(path, 0755) == -1)
		fail(container, path);
	strcat(path, "/seed");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, seed, sizeof(seed)) != sizeof(seed))
		fail(container, path);
	close(fd);
}

void
make_scratch(struct container *container)
{
	char path[128];

	snprintf(container->scratch, sizeof(container->scratch),
	    "/scratch/%d.%d.%d", container->cell->number, container->run,
	    container->try);
	if (mkdir(container->scratch, 0755) == -1)
		fail(container, container->scratch);
	snprintf(path, sizeof(path), "%s/mnt", container->scratch);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/back", container->scratch);
	mkdir(path, 0755);
	make_drive(container, "a");
	make_drive(container, "b");
	container->ready = make_fifo(container, "ready");
	container->go = make_fifo(container, "go");
}
