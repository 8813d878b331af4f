/* What rawfuse answers, and what it does not. */
#include "rawfuse.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THE_FILE 2 /* its node; 1 is the root */

static const struct {
	uint32_t opcode;
	const char *name;
} known[] = {
	{ FUSE_FLUSH, "FLUSH" },
	{ FUSE_READ, "READ" },
	{ FUSE_WRITE, "WRITE" },
};

static void
fill_attr(struct fuse_attr *attr, uint64_t node)
{
	attr->ino = node;
	attr->mode = node == THE_FILE ? S_IFREG | 0666 : S_IFDIR | 0777;
	attr->nlink = 1;
	attr->size = node == THE_FILE ? SIZE : 0;
	attr->uid = attr->gid = set.uid;
}

/* Returns the size of what is answered, or -errno. */
static int
fill(const struct fuse_in_header *in, struct answer *out)
{
	const struct fuse_write_in *w = (const void *)(in + 1);

	switch (in->opcode) {
	case FUSE_INIT:
		out->init.major = 7;
		out->init.minor = 31;
		out->init.max_write = SIZE;
		if (set.ring) {
			out->init.flags = FUSE_INIT_EXT;
			out->init.flags2 = RING_FLAG2;
		}
		return sizeof(out->init);
	case FUSE_LOOKUP:
		out->entry.nodeid = THE_FILE;
		fill_attr(&out->entry.attr, THE_FILE);
		return sizeof(out->entry);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		fill_attr(&out->attr.attr, in->nodeid);
		return sizeof(out->attr);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return sizeof(out->open);
	case FUSE_READ:
		return SIZE;
	case FUSE_WRITE:
		out->write.size = w->size;
		return sizeof(out->write);
	case FUSE_STATFS:
		out->statfs.st.bsize = SIZE;
		return sizeof(out->statfs);
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:
	case FUSE_READDIR:
		return 0;
	default:
		return -ENOSYS;
	}
}

static bool
is_unanswered(uint32_t opcode)
{
	bool all = set.unanswered != NULL && strcmp(set.unanswered, "all") == 0;

	if (set.unanswered == NULL || opcode == FUSE_INIT)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].opcode == opcode &&
		    (all || strcmp(known[i].name, set.unanswered) == 0)) {
			say("UNANSWERED", known[i].name);
			return true;
		}
	return all;
}

bool
answer(const struct fuse_in_header *in, struct answer *out)
{
	int size;

	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
	    in->opcode == FUSE_INTERRUPT || is_unanswered(in->opcode))
		return false;
	memset(out, 0, sizeof(*out));
	size = fill(in, out);
	out->header.unique = in->unique;
	out->header.error = size < 0 ? size : 0;
	out->header.len =
	    (uint32_t)sizeof(out->header) + (uint32_t)(size > 0 ? size : 0);
	return true;
}

bool
serve(int fuse)
{
	static char request[64 * 1024];
	static struct answer out;
	struct fuse_in_header *in = (void *)request;

	if (read(fuse, request, sizeof(request)) == -1)
		return errno != ENODEV;
	if (answer(in, &out))
		(void)!write(fuse, &out, out.header.len);
	if (in->opcode == FUSE_INIT && set.ring)
		ring_open(fuse);
	return true;
}
