#include "doctor/locks.h"

#include <stddef.h>
#include <string.h>

#include "doctor/cause.h"
#include "doctor/picture.h"

static bool
is_in_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/* What it is that somebody else has. */
enum need {
	NEED_LOCK, /* an inode's */
	NEED_SYNC, /* an inode that is being written back: I_SYNC */
	NEED_PAGE  /* that is being read or written */
};

static enum need
need_of(const struct thread *t)
{
	static const char *const pages[] = { "folio_wait", "wait_on_page",
		NULL };

	if (is_in_any(t->waits.function, pages))
		return NEED_PAGE;
	return strstr(t->waits.function, "inode_wait_for_writeback") ?
	    NEED_SYNC :
	    NEED_LOCK;
}

/*
 * In these an inode's lock is held while the server is asked: a file's by
 * fs/fuse/file.c, a directory's by who calls fs/fuse/dir.c and readdir.c. Who
 * waits for the lock is in them as well: in the function itself, or in one of
 * the lock's.
 */
static bool
has_lock(const struct thread *t)
{
	static const char *const calls[] = { "write_iter", "fuse_fsync",
		"fuse_sync_writes", "fuse_setattr", "fuse_file_fallocate",
		"fuse_readdir", "fuse_lookup", "fuse_create", "fuse_mkdir",
		"fuse_mknod", "fuse_unlink", "fuse_rmdir", "fuse_rename",
		"fuse_symlink", "fuse_link", NULL };
	static const char *const locks[] = { "rwsem_down", "mutex_lock", NULL };

	return is_in_any(t->waits.through, calls) &&
	    !is_in_any(t->waits.function, locks);
}

static bool
has(const struct thread *t, enum need need)
{
	switch (need) {
	case NEED_LOCK:
		return has_lock(t);
	case NEED_SYNC:
		return strstr(t->waits.through, "__writeback_single_inode");
	case NEED_PAGE:
		break;
	}
	return t->cause == CAUSE_ANSWER;
}

/* Are both in a call on one file? */
static bool
is_same_file(const struct thread *a, const struct thread *b)
{
	return a->on.connection != 0 && a->on.inode != 0 &&
	    a->on.connection == b->on.connection && a->on.inode == b->on.inode;
}

/* Could they be, as far as is known? Who is exiting is in no call. */
static bool
may_be_same_file(const struct picture *p, const struct thread *a,
    const struct thread *b)
{
	if (a->on.connection == 0 || b->on.connection == 0)
		return p->tasks.process[a->process].mnt_namespace ==
		    p->tasks.process[b->process].mnt_namespace;
	return a->on.connection == b->on.connection &&
	    (a->on.inode == 0 || b->on.inode == 0 ||
		a->on.inode == b->on.inode);
}

/*
 * Of several that it may be, none is named. Who asks for a page of the file may
 * ask for another one of its pages.
 */
static struct owner_of_lock
owner(const struct picture *p, const struct thread *t)
{
	struct owner_of_lock found = { .thread = NONE };
	enum need need = need_of(t);
	int others = 0;

	for (int i = 0; i < p->tasks.threads; i++) {
		const struct thread *other = &p->tasks.thread[i];

		if (other == t || !cause_is_fuse(other->cause) ||
		    !may_be_same_file(p, t, other) || !has(other, need))
			continue;
		if (is_same_file(t, other) && need != NEED_PAGE)
			return (struct owner_of_lock){ i, true };
		if (is_same_file(t, other) || need != NEED_PAGE) {
			found.thread = i;
			others++;
		}
	}
	return others == 1 ? found : (struct owner_of_lock){ .thread = NONE };
}

void
locks_follow(struct picture *p)
{
	for (int i = 0; i < p->tasks.threads; i++)
		if (p->tasks.thread[i].cause == CAUSE_BEHIND)
			p->tasks.thread[i].behind =
			    owner(p, &p->tasks.thread[i]);
}
