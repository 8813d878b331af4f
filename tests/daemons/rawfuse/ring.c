/* FUSE over io_uring, without a library: the calls, and what lies in memory. */
#include "rawfuse.h"

#include <err.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * The kernel's side, as in linux/fuse.h of 6.14. A place where a request can
 * arrive is two pieces of memory: these headers, and room for the rest.
 */
#define REGISTER 1
#define COMMIT_AND_FETCH 2
#define HEADER_SIZE 128
#define ROOM (256 * 1024) /* more than FUSE_DEFAULT_MAX_PAGES_PER_REQ */

struct headers {
	char in_out[HEADER_SIZE]; /* fuse_in_header, then fuse_out_header */
	char operation[HEADER_SIZE];
	uint64_t flags, commit_id;
	uint32_t size; /* of what is in the room */
	uint32_t padding;
	uint64_t reserved;
};

struct command {
	uint64_t flags, commit_id;
	uint16_t queue;
	uint8_t padding[6];
};

#define PLACES 4 /* in each queue: one that is not answered is used up */
#define QUEUES 64

struct place {
	struct headers headers;
	struct iovec memory[2];
	uint16_t queue;
};

/* The ring itself: one for all queues, which are one for each CPU. */
static struct {
	int fd, fuse;
	unsigned *head, *tail, mask; /* of completions */
	struct io_uring_cqe *completion;
	unsigned *submit_tail, submit_mask;
	unsigned *submit_index;
	char *submission; /* of 128 bytes each */
	bool used;
} ring = { .fd = -1 };

#define SUBMISSION_SIZE 128

int
ring_fd(void)
{
	return ring.fd;
}

static void *
map(size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, ring.fd, what);

	if (at == MAP_FAILED)
		err(1, "the ring's memory");
	return at;
}

static void
set_up(unsigned entries)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQE128 };
	char *submit, *complete;

	ring.fd = (int)syscall(SYS_io_uring_setup, entries, &p);
	if (ring.fd == -1)
		err(1, "io_uring_setup");
	submit = map(p.sq_off.array + p.sq_entries * sizeof(unsigned),
	    IORING_OFF_SQ_RING);
	complete =
	    map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		IORING_OFF_CQ_RING);
	ring.submission =
	    map((size_t)p.sq_entries * SUBMISSION_SIZE, IORING_OFF_SQES);
	ring.submit_tail = (void *)(submit + p.sq_off.tail);
	ring.submit_mask = *(unsigned *)(void *)(submit + p.sq_off.ring_mask);
	ring.submit_index = (void *)(submit + p.sq_off.array);
	ring.head = (void *)(complete + p.cq_off.head);
	ring.tail = (void *)(complete + p.cq_off.tail);
	ring.mask = *(unsigned *)(void *)(complete + p.cq_off.ring_mask);
	ring.completion = (void *)(complete + p.cq_off.cqes);
}

/* One command, on its way when this returns. */
static void
submit(struct place *place, unsigned operation, uint64_t commit_id)
{
	unsigned tail = *ring.submit_tail, at = tail & ring.submit_mask;
	struct io_uring_sqe *s =
	    (void *)(ring.submission + (size_t)at * SUBMISSION_SIZE);
	struct command command = { .commit_id = commit_id,
		.queue = place->queue };

	memset(s, 0, SUBMISSION_SIZE);
	s->opcode = IORING_OP_URING_CMD;
	s->fd = ring.fuse;
	s->cmd_op = operation;
	s->user_data = (uintptr_t)place;
	if (operation == REGISTER) {
		s->addr = (uintptr_t)place->memory;
		s->len = 2;
	}
	memcpy(s->cmd, &command, sizeof(command));
	ring.submit_index[at] = at;
	atomic_store_explicit((_Atomic unsigned *)ring.submit_tail, tail + 1,
	    memory_order_release);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) != 1)
		err(1, "io_uring_enter");
}

static int
queues(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "r");
	int last = 0;

	if (file == NULL || (fscanf(file, "%*d-%d", &last) == EOF) ||
	    last >= QUEUES)
		errx(1, "it is not known how many CPUs there may be");
	fclose(file);
	return last + 1;
}

void
ring_open(int fuse)
{
	int count = queues() * PLACES;
	struct place *all = calloc((size_t)count, sizeof(*all));
	char *rooms = mmap(NULL, (size_t)count * ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == NULL || rooms == MAP_FAILED)
		err(1, "memory");
	ring.fuse = fuse;
	set_up((unsigned)count);
	for (int i = 0; i < count; i++) {
		all[i].queue = (uint16_t)(i / PLACES);
		all[i].memory[0] =
		    (struct iovec){ &all[i].headers, sizeof(all[i].headers) };
		all[i].memory[1] =
		    (struct iovec){ rooms + (size_t)i * ROOM, ROOM };
		submit(&all[i], REGISTER, 0);
	}
}

/* A request, as it would have been read from /dev/fuse but for its data. */
static void
serve_place(struct place *place)
{
	static struct answer out;
	union {
		struct fuse_in_header header;
		char bytes[2 * HEADER_SIZE];
	} in;
	struct headers *h = &place->headers;

	memcpy(in.bytes, h->in_out, sizeof(in.header));
	memcpy(in.bytes + sizeof(in.header), h->operation, HEADER_SIZE);
	if (!ring.used)
		say("BY RING", "");
	ring.used = true;
	if (!answer(&in.header, &out))
		return;
	h->size = out.header.len - (uint32_t)sizeof(out.header);
	memcpy(h->in_out, &out.header, sizeof(out.header));
	memcpy(place->memory[1].iov_base, out.data, h->size);
	submit(place, COMMIT_AND_FETCH, h->commit_id);
}

void
ring_serve(void)
{
	unsigned head = *ring.head;

	while (head !=
	    atomic_load_explicit((_Atomic unsigned *)ring.tail,
		memory_order_acquire)) {
		struct io_uring_cqe c = ring.completion[head & ring.mask];

		atomic_store_explicit((_Atomic unsigned *)ring.head, ++head,
		    memory_order_release);
		if (c.res == 0)
			serve_place((void *)(uintptr_t)c.user_data);
		else if (!ring.used)
			errx(1, "the ring is refused: %s", strerror(-c.res));
	}
}
