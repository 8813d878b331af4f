#include "src/fusectl.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/descriptors.h"
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
	fd = descriptor_above_stdio(open(m->point,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
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
	descriptors_raise_limit();
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

static bool
open_at(int root, unsigned id, struct fusectl_pin *pin)
{
	if (root < 0)
		return false;
	pin->abort = open_file(root, id, "abort", O_WRONLY);
	if (pin->abort < 0)
		return false;
	pin->waiting = open_file(root, id, "waiting", O_PATH);
	return true;
}

enum fusectl_door
fusectl_open(const struct fusectl *f, unsigned id, int proc,
    struct fusectl_pin *pin)
{
	pin->proc = proc;
	if (open_at(f->visible, id, pin))
		pin->door = FUSECTL_VISIBLE;
	else if (open_at(f->private, id, pin))
		pin->door = FUSECTL_PRIVATE;
	else
		pin->door = FUSECTL_NONE;
	return pin->door;
}

void
fusectl_close(struct fusectl_pin *pin)
{
	if (pin->door == FUSECTL_NONE)
		return;
	close(pin->abort);
	if (pin->waiting >= 0)
		close(pin->waiting);
	pin->door = FUSECTL_NONE;
}

/*
 * The file gives its value once and does not seek (nonseekable_open()): opened
 * again through /proc/self/fd it is the same file, whatever its name has come
 * to mean. The bytes read, or -1.
 */
static ssize_t
read_waiting(const struct fusectl_pin *pin, char *buffer, size_t size)
{
	char path[32];
	struct text t = text_over(path, sizeof(path));
	ssize_t n;
	int fd;

	if (pin->door == FUSECTL_NONE || pin->waiting < 0)
		return -1;
	text_format(&t, "self/fd/%d", pin->waiting);
	fd = openat(pin->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buffer, size);
	close(fd);
	return n;
}

static int
parse_waiting(char *digits, ssize_t n, unsigned *waiting)
{
	unsigned long long value = 0;

	digits[n > 0 ? n - 1 : 0] = '\0'; /* the newline */
	if (n < 0 || (n > 0 && decimal(digits, 1U << 31, &value) < 0))
		return -1;
	*waiting = (unsigned)value;
	return 0;
}

/* Nothing is read of a connection that is gone: fuse_conn_waiting_read(). */
int
fusectl_waiting(const struct fusectl_pin *pin, unsigned *waiting)
{
	char digits[16];
	ssize_t n = read_waiting(pin, digits, sizeof(digits));

	return parse_waiting(digits, n, waiting);
}

bool
fusectl_gone(const struct fusectl_pin *pin)
{
	char digits[16];

	return read_waiting(pin, digits, sizeof(digits)) == 0;
}

bool
fusectl_abort(const struct fusectl_pin *pin)
{
	return pin->door != FUSECTL_NONE && write(pin->abort, "1", 1) == 1;
}

unsigned
fusectl_peek(const struct fusectl *f, unsigned id)
{
	int root = f->visible >= 0 ? f->visible : f->private;
	int fd = root < 0 ? -1 : open_file(root, id, "waiting", O_RDONLY);
	unsigned waiting = 0;
	char digits[16];

	if (fd < 0)
		return 0;
	(void)parse_waiting(digits, read(fd, digits, sizeof(digits)), &waiting);
	close(fd);
	return waiting;
}
