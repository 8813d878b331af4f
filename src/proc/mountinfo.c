#include "src/proc/mountinfo.h"

#include <string.h>
#include <unistd.h>

#include "src/base/fd.h"
#include "src/base/text.h"

/*
 * 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=...
 * The number of optional fields, between the options and "-", varies.
 */
enum field {
	FIELD_ID,
	FIELD_PARENT,
	FIELD_DEVICE,
	FIELD_ROOT,
	FIELD_POINT,
	FIELD_OPTIONS,
	FIELD_OPTIONAL,
	FIELD_TYPE,
	FIELD_SOURCE,
	FIELD_SUPER_OPTIONS,
	FIELD_REST
};

struct room {
	char *start;
	size_t size;
};

/* Where the current field's bytes go. */
static struct room
room(struct mountinfo *p)
{
	switch (p->field) {
	case FIELD_POINT:
		return (struct room){ p->mount.point, sizeof(p->mount.point) };
	case FIELD_TYPE:
		return (struct room){ p->mount.type, sizeof(p->mount.type) };
	case FIELD_SUPER_OPTIONS:
		return (struct room){ p->mount.options,
			sizeof(p->mount.options) };
	default:
		return (struct room){ p->head, sizeof(p->head) };
	}
}

static void
store(struct mountinfo *p, char byte)
{
	struct room r = room(p);

	if (p->used + 1 < r.size)
		r.start[p->used++] = byte;
	else if (p->field == FIELD_POINT)
		p->mount.cut = true;
}

/* A number that `end` follows: what is behind it, or NULL. */
static const char *
number(const char *s, char end, unsigned *value)
{
	unsigned long long n;

	s = digits(s, 999999999, &n);
	if (!s || *s != end)
		return NULL;
	*value = (unsigned)n;
	return s + 1;
}

static void
end_field(struct mountinfo *p)
{
	struct room r = room(p);
	unsigned value = 0;
	const char *rest;

	r.start[p->used] = '\0';
	switch (p->field) {
	case FIELD_ID:
		p->broken |= !number(p->head, '\0', &value);
		p->mount.id = (int)value;
		break;
	case FIELD_PARENT:
		p->broken |= !number(p->head, '\0', &value);
		p->mount.parent = (int)value;
		break;
	case FIELD_DEVICE:
		rest = number(p->head, ':', &p->mount.major);
		p->broken |= !rest || !number(rest, '\0', &p->mount.minor);
		break;
	case FIELD_OPTIONAL:
		if (text_after(p->head, "master:"))
			p->mount.propagated = true;
		if (text_after(p->head, "shared:"))
			p->mount.shared = true;
		if (strcmp(p->head, "-") != 0)
			p->field--; /* another one may follow */
		break;
	default:
		break;
	}
	if (p->field < FIELD_REST)
		p->field++;
	p->used = 0;
}

/* seq_path() ends a deleted mount point's path so (d_path(), fs/d_path.c). */
static bool
is_deleted(const char *point)
{
	static const char mark[] = "//deleted";
	size_t length = strlen(point), mark_length = sizeof(mark) - 1;

	return length >= mark_length &&
	    strcmp(point + length - mark_length, mark) == 0;
}

static bool
end_line(struct mountinfo *p)
{
	bool whole;

	end_field(p);
	whole = p->field == FIELD_REST && !p->broken && p->octal == 0 &&
	    p->mount.point[0] == '/';
	if (is_deleted(p->mount.point))
		p->mount.cut = true;
	return whole;
}

static void
start_line(struct mountinfo *p)
{
	p->inside = true;
	p->field = FIELD_ID;
	p->used = 0;
	p->octal = 0;
	p->broken = false;
	p->mount.propagated = false;
	p->mount.shared = false;
	p->mount.cut = false;
	p->mount.point[0] = '\0';
	p->mount.type[0] = '\0';
	p->mount.options[0] = '\0';
}

/* Space, tab, newline, backslash and # come as \ and three octal digits. */
static void
feed_escape(struct mountinfo *p, char byte)
{
	if (byte < '0' || byte > '7') {
		p->broken = true;
		p->octal = 0;
		return;
	}
	p->escaped = p->escaped * 8 + (unsigned)(byte - '0');
	if (--p->octal > 0)
		return;
	p->broken |= p->escaped == 0 || p->escaped > 0377;
	store(p, (char)p->escaped);
}

bool
mountinfo_feed(struct mountinfo *p, char byte)
{
	if (!p->inside)
		start_line(p);
	if (byte == '\n') {
		bool whole = end_line(p);

		p->inside = false;
		return whole;
	}
	if (byte == '\0')
		p->broken = true;
	else if (p->octal > 0)
		feed_escape(p, byte);
	else if (byte == ' ')
		end_field(p);
	else if (byte == '\\' && p->field == FIELD_POINT) {
		p->octal = 3;
		p->escaped = 0;
	} else
		store(p, byte);
	return false;
}

int
mounts_open(struct mounts *m, int fd)
{
	m->fd = fd;
	m->at = m->size = 0;
	m->parser.inside = false;
	if (lseek(fd, 0, SEEK_SET) < 0)
		m->fd = -1;
	return m->fd < 0 ? -1 : 0;
}

const struct mount *
mounts_next(struct mounts *m)
{
	for (;;) {
		while (m->at < m->size)
			if (mountinfo_feed(&m->parser, m->buffer[m->at++]))
				return &m->parser.mount;
		m->at = 0;
		m->size = read(m->fd, m->buffer, sizeof(m->buffer));
		if (m->size <= 0)
			return NULL;
	}
}

bool
mount_is_fuse(const struct mount *mount)
{
	const char *rest = text_after(mount->type, "fuse");
	const char *block = text_after(mount->type, "fuseblk");

	if (block)
		rest = block;
	return rest && (*rest == '\0' || *rest == '.');
}

unsigned
mount_connection(const struct mount *mount)
{
	return device_number(mount->major, mount->minor);
}
