#include "src/fuse/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/syscalls.h"
#include "src/fuse/connection.h"
#include "src/proc/fdinfo.h"
#include "src/proc/people.h"
#include "src/proc/procfs.h"

#define TICK_MS 10
#define UNIQUE_STEP 2 /* FUSE_REQ_ID_STEP, fs/fuse/fuse_dev_i.h */
#define GUESSES 16384 /* at once: some milliseconds */

/*
 * More than any request (fs.fuse.max_pages_limit is at most 65535 pages), and
 * nothing can be written to it.
 */
#define HOLE_SIZE ((size_t)1 << 29)

/* Taking ---------------------------------------------------------------- */

static bool
may_serve(const struct proc_files *f, unsigned connection)
{
	unsigned id;
	enum device device = fdinfo_device(f, &id);

	return device == DEVICE_UNTOLD ||
	    (device == DEVICE_SERVES && id == connection);
}

static void
take_from(struct answers *a, const struct server *s, int proc, int connection,
    unsigned id)
{
	struct proc_files f;
	int fd;

	for (proc_files_open(&f, proc, s->pid);
	     a->count < DUPLICATES && proc_files_next(&f);)
		if (may_serve(&f, id) &&
		    (fd = proc_file_duplicate(&f, s->pidfd)) >= 0)
			a->duplicate[a->count++] = (struct duplicate){
				.fd = fd,
				.connection = connection,
			};
	proc_files_close(&f);
}

void
answer_take(struct answers *a, struct registry *r, int proc, int connection)
{
	set_remove(&a->over, connection);
	each_server(s, r)
		if (set_has(&s->serves, connection) && s->pidfd >= 0)
			take_from(a, s, proc, connection,
			    r->connection[connection].id);
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
all_dead(const struct people *p, struct registry *r, int connection)
{
	each_server(s, r)
		if (set_has(&s->serves, connection) &&
		    !people_dead(p, s->pid, s->pidfd))
			return false;
	return true;
}

bool
answer_over(const struct answers *a, const struct people *p, struct registry *r,
    int connection)
{
	return set_has(&a->over, connection) || all_dead(p, r, connection);
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
		if (polled[i].revents & POLLERR) { /* it has ended */
			set_add(&a->over, a->duplicate[i].connection);
			drop(a, i);
		} else if (polled[i].revents & POLLIN)
			while (ms_until(deadline_ms) > 0 &&
			    answer_next(&a->duplicate[i], hole))
				;
	return true;
}

void
answer_for(struct answers *a, const struct people *p, struct registry *r,
    int connection, long long deadline_ms)
{
	void *hole = mmap(NULL, HOLE_SIZE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (hole == MAP_FAILED)
		return;
	for (int i = 0; i < a->count; i++)
		(void)syscall(SYS_fcntl, a->duplicate[i].fd, F_SETFL,
		    O_RDWR | O_NONBLOCK);
	while (ms_until(deadline_ms) > 0 && !all_dead(p, r, connection))
		if (!answer_all(a, hole, deadline_ms))
			for (int i = 0; i < a->count; i++)
				answer_read(&a->duplicate[i]);
	(void)munmap(hole, HOLE_SIZE);
	for (int i = a->count; i-- > 0;)
		if (all_dead(p, r, a->duplicate[i].connection))
			drop(a, i);
}
