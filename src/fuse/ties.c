#include "src/fuse/ties.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "src/base/text.h"
#include "src/proc/process.h"
#include "src/proc/socket_peer.h"

/* Mapped: in data it would be PID 1's, and cost every fork of it. */
struct ties *
ties_new(void)
{
	struct ties *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		return NULL;
	t->diag = socket_peer_open();
	return t;
}

/* "pipe:[4711]" -> 4711; 0 if it is something else. */
static uint32_t
inode_of(const char *link, const char *kind)
{
	size_t length = strlen(kind);
	unsigned long long inode;

	if (strncmp(link, kind, length) != 0 ||
	    !digits(link + length, UINT32_MAX, &inode))
		return 0;
	return (uint32_t)inode;
}

static bool
note_file(struct ties *t, const struct proc_files *f)
{
	uint32_t inode = inode_of(f->link, "pipe:[");

	if (inode != 0)
		return proc_file_writes(f) && numbers_add(&t->pipes, inode);
	inode = inode_of(f->link, "socket:[");
	if (t->diag < 0 || !numbers_add(&t->sockets, inode))
		return false;
	(void)numbers_add(&t->peers, (uint32_t)socket_peer(t->diag, inode));
	return true;
}

bool
ties_note(struct ties *t, int proc, pid_t pid)
{
	struct proc_files f;
	bool more = false;

	for (proc_files_open(&f, proc, pid); proc_files_next(&f);)
		more |= note_file(t, &f);
	return more;
}

void
ties_settle(struct ties *t)
{
	if (t->diag >= 0 && t->sockets.count > 0)
		tcp_peers(t->diag, &t->ports, &t->sockets, &t->peers);
}

static bool
is_tie(const struct ties *t, const struct proc_files *f)
{
	uint32_t inode = inode_of(f->link, "pipe:[");

	if (inode != 0)
		return numbers_have(&t->pipes, inode) && proc_file_reads(f);
	return numbers_have(&t->peers, inode_of(f->link, "socket:["));
}

bool
ties_hold(const struct ties *t, int proc, pid_t pid)
{
	struct proc_files f;
	bool tied = false;

	for (proc_files_open(&f, proc, pid); !tied && proc_files_next(&f);)
		tied = is_tie(t, &f);
	proc_files_close(&f);
	return tied;
}
