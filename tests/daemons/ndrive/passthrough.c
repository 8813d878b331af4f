/*
 * The filesystem: every operation is passed on to the backing directory,
 * except what the options tell it to leave unanswered.
 */
#include "ndrive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static const char *
relative(const char *path)
{
	return path[1] != '\0' ? path + 1 : ".";
}

static int
result(int returned)
{
	return returned == -1 ? -errno : 0;
}

static void
leave_unanswered(struct ndrive *nd, const char *op, const char *path)
{
	char event[64];

	snprintf(event, sizeof(event), "UNANSWERED %s", op);
	ndrive_log(nd, event, path);
	sem_post(&nd->unanswered);
	for (;;)
		pause();
}

/* The first thing every operation does: whose mount is it, and may it answer? */
static struct ndrive *
asked(const char *op, const char *path)
{
	struct ndrive *nd = fuse_get_context()->private_data;

	if (nd->mute)
		leave_unanswered(nd, op, path);
	return nd;
}

static int
nd_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("GETATTR", path);

	if (nd->mute_at != NULL && strcmp(relative(path), nd->mute_at) == 0)
		nd->mute = true;
	if (fi != NULL)
		return result(fstat((int)fi->fh, st));
	return result(fstatat(nd->backing, relative(path), st,
	    AT_SYMLINK_NOFOLLOW));
}

static int
nd_readlink(const char *path, char *target, size_t size)
{
	struct ndrive *nd = asked("READLINK", path);
	ssize_t n = readlinkat(nd->backing, relative(path), target, size - 1);

	if (n == -1)
		return -errno;
	target[n] = '\0';
	return 0;
}

static int
nd_mkdir(const char *path, mode_t mode)
{
	struct ndrive *nd = asked("MKDIR", path);

	return result(mkdirat(nd->backing, relative(path), mode));
}

static int
nd_unlink(const char *path)
{
	struct ndrive *nd = asked("UNLINK", path);

	return result(unlinkat(nd->backing, relative(path), 0));
}

static int
nd_rmdir(const char *path)
{
	struct ndrive *nd = asked("RMDIR", path);

	return result(unlinkat(nd->backing, relative(path), AT_REMOVEDIR));
}

static int
nd_symlink(const char *target, const char *path)
{
	struct ndrive *nd = asked("SYMLINK", path);

	return result(symlinkat(target, nd->backing, relative(path)));
}

static int
nd_rename(const char *from, const char *to, unsigned flags)
{
	struct ndrive *nd = asked("RENAME", from);

	return result(renameat2(nd->backing, relative(from), nd->backing,
	    relative(to), flags));
}

static int
nd_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("CHMOD", path);

	(void)fi;
	return result(fchmodat(nd->backing, relative(path), mode, 0));
}

static int
nd_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("CHOWN", path);

	(void)fi;
	return result(fchownat(nd->backing, relative(path), uid, gid,
	    AT_SYMLINK_NOFOLLOW));
}

static int
nd_utimens(const char *path, const struct timespec times[2],
    struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("UTIMENS", path);

	(void)fi;
	return result(utimensat(nd->backing, relative(path), times,
	    AT_SYMLINK_NOFOLLOW));
}

/*
 * Under writeback_cache the kernel reads the rest of a page it writes to, also
 * from a file opened write-only, and it alone knows where an append goes.
 */
static int
nd_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("OPEN", path);
	int flags = fi->flags;
	int fd;

	if (nd->writeback_cache) {
		if ((flags & O_ACCMODE) == O_WRONLY)
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		flags &= ~O_APPEND;
	}
	fd = openat(nd->backing, relative(path), flags | O_CLOEXEC, mode);
	if (fd == -1)
		return -errno;
	fi->fh = (uint64_t)fd;
	return 0;
}

static int
nd_open(const char *path, struct fuse_file_info *fi)
{
	return nd_create(path, 0, fi);
}

static int
nd_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("TRUNCATE", path);
	int fd, error;

	if (fi != NULL)
		return result(ftruncate((int)fi->fh, size));
	fd = openat(nd->backing, relative(path), O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	error = result(ftruncate(fd, size));
	close(fd);
	return error;
}

static int
nd_read(const char *path, char *buf, size_t size, off_t offset,
    struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("READ", path);
	ssize_t n;

	if (nd->never_read != NULL &&
	    strcmp(relative(path), nd->never_read) == 0)
		leave_unanswered(nd, "READ", path);
	n = pread((int)fi->fh, buf, size, offset);
	return n == -1 ? -errno : (int)n;
}

static int
nd_write(const char *path, const char *buf, size_t size, off_t offset,
    struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("WRITE", path);
	ssize_t n = pwrite((int)fi->fh, buf, size, offset);

	if (n == -1)
		return -errno;
	nd->written += n;
	return (int)n;
}

static int
nd_flush(const char *path, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("FLUSH", path);
	struct timespec slow = {
		.tv_sec = nd->slow_flush_ms / 1000,
		.tv_nsec = nd->slow_flush_ms % 1000 * 1000000,
	};

	(void)fi;
	if (nd->no_flush)
		return -ENOSYS;
	nanosleep(&slow, NULL);
	ndrive_log(nd, "FLUSH", path);
	return 0;
}

static int
nd_fsync(const char *path, int datasync, struct fuse_file_info *fi)
{
	asked("FSYNC", path);
	return result(datasync ? fdatasync((int)fi->fh) : fsync((int)fi->fh));
}

static int
nd_release(const char *path, struct fuse_file_info *fi)
{
	struct ndrive *nd = asked("RELEASE", path);

	close((int)fi->fh);
	ndrive_log(nd, "RELEASE", path);
	return 0;
}

static int
nd_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
    struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	struct ndrive *nd = asked("READDIR", path);
	int fd = openat(nd->backing, relative(path), O_RDONLY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;

	(void)offset, (void)fi, (void)flags;
	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL)
		fill(buf, entry->d_name, NULL, 0, 0);
	closedir(dir);
	return 0;
}

static int
nd_statfs(const char *path, struct statvfs *st)
{
	struct ndrive *nd = asked("STATFS", path);

	return result(fstatvfs(nd->backing, st));
}

static void *
nd_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
	struct ndrive *nd = fuse_get_context()->private_data;

	config->hard_remove = 1;
	if (nd->writeback_cache)
		conn->want |= FUSE_CAP_WRITEBACK_CACHE;
	return nd;
}

static void
nd_destroy(void *private_data)
{
	struct ndrive *nd = private_data;
	char written[32];

	snprintf(written, sizeof(written), "%lld", (long long)nd->written);
	ndrive_log(nd, "DESTROY", written);
}

const struct fuse_operations passthrough = {
	.init = nd_init,
	.destroy = nd_destroy,
	.getattr = nd_getattr,
	.readlink = nd_readlink,
	.mkdir = nd_mkdir,
	.unlink = nd_unlink,
	.rmdir = nd_rmdir,
	.symlink = nd_symlink,
	.rename = nd_rename,
	.chmod = nd_chmod,
	.chown = nd_chown,
	.utimens = nd_utimens,
	.truncate = nd_truncate,
	.create = nd_create,
	.open = nd_open,
	.read = nd_read,
	.write = nd_write,
	.flush = nd_flush,
	.fsync = nd_fsync,
	.release = nd_release,
	.readdir = nd_readdir,
	.statfs = nd_statfs,
};
