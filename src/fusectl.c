#include "src/fusectl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/format.h"
#include "src/mountinfo.h"
#include "src/private_mount.h"

void
fusectl_init(struct fusectl *f)
{
	*f = (struct fusectl){ .visible = -1, .private = -1 };
}

void
fusectl_see(struct fusectl *f, const struct mount *m)
{
	struct statx status;
	int fd;

	if (f->visible >= 0 || m->cut)
		return;
	fd = open(m->point, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0,
		&status) == 0 &&
	    status.stx_dev_major == m->major &&
	    status.stx_dev_minor == m->minor)
		f->visible = fd;
	else
		close(fd);
}

void
fusectl_prepare(struct fusectl *f)
{
	if (f->tried)
		return;
	f->tried = true;
	f->private = private_mount("fusectl");
}

static int
open_file(int root, unsigned id, const char *name, int flags)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));

	text_format(&t, "%u/%s", id, name);
	return openat(root, path, flags | O_CLOEXEC | O_NOFOLLOW);
}

int
fusectl_waiting(const struct fusectl *f, unsigned id, unsigned *waiting)
{
	const int doors[] = { f->visible, f->private };
	char digits[16];

	errno = ENOENT;
	for (unsigned i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
		unsigned long long value;
		ssize_t n;
		int fd;

		if (doors[i] < 0 ||
		    (fd = open_file(doors[i], id, "waiting", O_RDONLY)) < 0)
			continue;
		n = read(fd, digits, sizeof(digits) - 1);
		close(fd);
		if (n <= 0)
			continue;
		digits[digits[n - 1] == '\n' ? n - 1 : n] = '\0';
		if (decimal(digits, 1U << 31, &value) < 0)
			continue;
		*waiting = (unsigned)value;
		return 0;
	}
	return -1;
}

bool
fusectl_any(const struct fusectl *f)
{
	return f->visible >= 0 || f->private >= 0;
}

static bool
write_abort(int root, unsigned id)
{
	int fd = root < 0 ? -1 : open_file(root, id, "abort", O_WRONLY);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, "1", 1) == 1;
	close(fd);
	return done;
}

enum fusectl_door
fusectl_abort(const struct fusectl *f, unsigned id)
{
	if (write_abort(f->visible, id))
		return FUSECTL_VISIBLE;
	if (write_abort(f->private, id))
		return FUSECTL_PRIVATE;
	return FUSECTL_NONE;
}
