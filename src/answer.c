#include "src/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/connection.h"
#include "src/device.h"
#include "src/pidfd.h"
#include "src/procfs.h"

#define TICK_MS 10
#define UNIQUE_STEP 2 /* FUSE_REQ_ID_STEP, fs/fuse/fuse_dev_i.h */
#define GUESSES 16384 /* at once: some milliseconds */

/*
 * More than any request (fs.fuse.max_pages_limit is at most 65535 pages), and
 * nothing can be written to it.
 */
#define HOLE_SIZE ((size_t)1 << 29)

/* Taking ---------------------------------------------------------------- */

struct taking {
	struct registry *registry;
	int proc;
	int connection;
	int pidfd;
};

static bool
take(const struct proc_file *file, void *context)
{
	struct taking *t = context;
	struct answers *a = &t->registry->answers;
	unsigned id;
	enum device device = device_look(t->proc, file, &id);
	int fd;

	if (device != DEVICE_UNTOLD &&
	    (device != DEVICE_SERVES ||
		id != t->registry->connection[t->connection].id))
		return true;
	fd = pidfd_getfd(t->pidfd, file->number);
	if (fd < 0)
		return true;
	a->duplicate[a->count++] = (struct duplicate){
		.fd = fd,
		.connection = t->connection,
	};
	return a->count < DUPLICATES;
}

static bool
serves(const struct server *s, int connection)
{
	return s->pid != 0 && (s->connections & UINT64_C(1) << connection);
}

bool
answer_take(struct registry *r, int proc, int connection)
{
	int before = r->answers.count;

	for (int i = 0; i < SERVERS; i++) {
		struct taking t = {
			.registry = r,
			.proc = proc,
			.connection = connection,
			.pidfd = r->server[i].pidfd,
		};

		if (serves(&r->server[i], connection) && t.pidfd >= 0 &&
		    r->answers.count < DUPLICATES)
			(void)proc_each_file(proc, r->server[i].pid, take, &t);
	}
	return r->answers.count > before;
}

/* Answering ------------------------------------------------------------- */

static bool
answer(int fd, uint64_t unique)
{
	const struct fuse_out_header reply = {
		.len = sizeof(reply),
		.error = -EIO,
		.unique = unique,
	};

	return write(fd, &reply, sizeof(reply)) == (ssize_t)sizeof(reply);
}

/*
 * One request of those that nobody has read. Only its header has room, so the
 * kernel itself fails what has more than that with EIO (fuse_dev_do_read(),
 * fs/fuse/dev.c); what has no more waits for a reply. Never waits: the
 * description is shared with the server, but that is being killed. False if
 * there is none.
 */
static bool
answer_next(struct duplicate *d, void *hole)
{
	struct fuse_in_header header = { .unique = 0 };
	struct iovec room[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = hole, .iov_len = HOLE_SIZE },
	};
	ssize_t n = readv(d->fd, room, 2);

	if (n < 0 && errno != EFAULT)
		return false;
	/* The interruption of a request has the next number: that is odd. */
	header.unique -= header.unique % UNIQUE_STEP;
	if (header.unique > d->last)
		d->last = header.unique;
	if (n >= 0)
		(void)answer(d->fd, header.unique);
	return true;
}

/*
 * What the server had read is told by nothing: only that unique ids are
 * counted up, for each connection from the first. So they are tried: down from
 * the last that is known, else up.
 */
static void
answer_read(struct duplicate *d)
{
	if (d->next == 0) {
		d->down = d->last != 0;
		d->next = d->down ? d->last : UNIQUE_STEP;
	}
	for (int i = 0; i < GUESSES && d->next > 0; i++) {
		if (!answer(d->fd, d->next) && errno != ENOENT)
			return;
		if (d->down)
			d->next -= UNIQUE_STEP;
		else
			d->next += UNIQUE_STEP;
	}
}

static bool
all_dead(const struct registry *r, int connection)
{
	for (int i = 0; i < SERVERS; i++)
		if (serves(&r->server[i], connection) &&
		    (r->server[i].pidfd < 0 || !pidfd_dead(r->server[i].pidfd)))
			return false;
	return true;
}

static void
drop(struct answers *a, int index)
{
	close(a->duplicate[index].fd);
	a->duplicate[index] = a->duplicate[--a->count];
}

/*
 * One look at all; true if there was anything to do. Whoever asks without end,
 * from outside of the namespace, must not keep us beyond the deadline.
 */
static bool
answer_all(struct answers *a, void *hole, long long deadline_ms)
{
	struct pollfd polled[DUPLICATES];

	for (int i = 0; i < a->count; i++)
		polled[i] = (struct pollfd){ .fd = a->duplicate[i].fd,
			.events = POLLIN };
	if (poll(polled, (nfds_t)a->count, TICK_MS) <= 0)
		return false;
	for (int i = a->count; i-- > 0;)
		if (polled[i].revents & POLLERR) /* it has ended */
			drop(a, i);
		else if (polled[i].revents & POLLIN)
			while (ms_until(deadline_ms) > 0 &&
			    answer_next(&a->duplicate[i], hole))
				;
	return true;
}

void
answer_for(struct registry *r, int connection, long long deadline_ms)
{
	struct answers *a = &r->answers;
	void *hole = mmap(NULL, HOLE_SIZE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (hole == MAP_FAILED)
		return;
	for (int i = 0; i < a->count; i++)
		(void)fcntl(a->duplicate[i].fd, F_SETFL, O_RDWR | O_NONBLOCK);
	while (ms_until(deadline_ms) > 0 && !all_dead(r, connection))
		if (!answer_all(a, hole, deadline_ms))
			for (int i = 0; i < a->count; i++)
				answer_read(&a->duplicate[i]);
	(void)munmap(hole, HOLE_SIZE);
	for (int i = a->count; i-- > 0;)
		if (all_dead(r, a->duplicate[i].connection))
			drop(a, i);
}
