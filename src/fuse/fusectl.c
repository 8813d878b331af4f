#include "src/fuse/fusectl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <unistd.h>

#include "src/base/bytes.h"
#include "src/base/fd.h"
#include "src/base/text.h"
#include "src/proc/mountinfo.h"
#include "src/proc/private_mount.h"
#include "src/proc/procfs.h"

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
	fd = fd_above_stdio(fd_open(AT_FDCWD, m->point,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return;
	if (fd_look(fd, &status) == 0 && status.stx_dev_major == m->major &&
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
	fd_raise_limit();
	f->private = private_mount("fusectl");
}

/* In /proc/filesystems, as "nodev\tfusectl\n". */
static bool
kernel_has_fusectl(int proc)
{
	static const char name[] = "\tfusectl\n";
	struct bytes list;
	size_t at = 0;
	char byte;

	bytes_open(&list, proc_openat(proc, O_RDONLY, "filesystems"));
	while (name[at] && (byte = bytes_next(&list)) != '\0')
		at = byte == name[at] ? at + 1 : byte == name[0];
	if (list.fd >= 0)
		close(list.fd);
	return name[at] == '\0';
}

void
fusectl_list(struct fusectl *f, int proc, struct proc_dir *all)
{
	if (f->visible < 0 && !f->tried && kernel_has_fusectl(proc))
		fusectl_prepare(f);
	(void)proc_dir_open(all, f->visible >= 0 ? f->visible : f->private,
	    ".");
}

static bool
open_at(int root, unsigned id, struct fusectl_pin *pin)
{
	if (root < 0)
		return false;
	pin->id = id;
	pin->abort = proc_openat(root, O_WRONLY, "%u/abort", id);
	if (pin->abort < 0)
		return false;
	pin->directory = proc_openat(root, O_PATH | O_DIRECTORY, "%u", id);
	return true;
}

enum fusectl_door
fusectl_open(const struct fusectl *f, unsigned id, struct fusectl_pin *pin)
{
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
	if (pin->directory >= 0)
		close(pin->directory);
	pin->door = FUSECTL_NONE;
}

/*
 * The file gives its value once and does not seek (nonseekable_open()), so it
 * is opened each time. Of a connection that is gone nothing is read, or the
 * file is no more: 0 bytes. -1 if it cannot be known.
 */
static ssize_t
read_waiting(const struct fusectl_pin *pin, char *digits, size_t size)
{
	ssize_t n;

	if (pin->door == FUSECTL_NONE || pin->directory < 0)
		return -1;
	n = proc_read(pin->directory, digits, size, "waiting");
	return n < 0 && errno == ENOENT ? 0 : n;
}

static int
parse_waiting(const char *text, ssize_t n, unsigned *waiting)
{
	unsigned long long value = 0;

	if (n < 0 || (n > 0 && !digits(text, INT_MAX, &value)))
		return -1;
	*waiting = (unsigned)value;
	return 0;
}

int
fusectl_waiting(const struct fusectl_pin *pin, unsigned *waiting)
{
	char text[16];
	ssize_t n = read_waiting(pin, text, sizeof(text));

	return parse_waiting(text, n, waiting);
}

/* 0: it cannot be asked for. */
static unsigned long long
inode_of(int fd)
{
	struct statx status;

	return fd_look(fd, &status) == 0 ? status.stx_ino : 0;
}

bool
fusectl_gone(const struct fusectl_pin *pin)
{
	bool gone;
	int fd;

	if (pin->door == FUSECTL_NONE || pin->directory < 0)
		return false;
	fd = proc_openat(pin->directory, O_PATH, "../%u", pin->id);
	if (fd < 0)
		return errno == ENOENT;
	/* Its number may be another's by now. */
	gone = inode_of(fd) != inode_of(pin->directory);
	close(fd);
	return gone;
}

bool
fusectl_abort(const struct fusectl_pin *pin)
{
	return pin->door != FUSECTL_NONE && write(pin->abort, "1", 1) == 1;
}

int
fusectl_peek(const struct fusectl *f, unsigned id)
{
	int root = f->visible >= 0 ? f->visible : f->private;
	unsigned waiting;
	char text[16];

	if (root < 0 ||
	    parse_waiting(text,
		proc_read(root, text, sizeof(text), "%u/waiting", id),
		&waiting) < 0)
		return -1;
	return (int)waiting;
}
