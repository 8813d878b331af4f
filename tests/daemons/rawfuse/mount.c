/* How and where rawfuse mounts. */
#include "rawfuse.h"

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int unattached = -1;

void
mount_apart(void)
{
	if (set.thread == NULL)
		return;
	if (strcmp(set.thread, "files") == 0 && unshare(CLONE_FILES) == -1)
		err(1, "files");
	if (strcmp(set.thread, "mounts") == 0 &&
	    (unshare(CLONE_FS | CLONE_NEWNS) == -1 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1))
		err(1, "mounts");
}

static void
put(int context, const char *key, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), key[0] == 'r' ? "%o" : "%u", value);
	if (fsconfig(context, FSCONFIG_SET_STRING, key, text, 0) == -1)
		err(1, "%s", key);
}

/* By fsmount(2): in no mount namespace, so in nobody's mountinfo. */
static void
mount_nowhere(int fuse)
{
	int context = fsopen("fuse", FSOPEN_CLOEXEC);

	put(context, "fd", (unsigned)fuse);
	put(context, "rootmode", 040000);
	put(context, "user_id", set.uid);
	put(context, "group_id", set.uid);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		err(1, "create");
	unattached = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (unattached == -1)
		err(1, "fsmount");
	close(context);
}

int
mount_at(const char *point)
{
	char data[128];
	int fuse = open("/dev/fuse", O_RDWR);

	if (set.nowhere) {
		mount_nowhere(fuse);
		return fuse;
	}
	snprintf(data, sizeof(data),
	    "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other", fuse,
	    set.uid, set.uid);
	if (fuse == -1 ||
	    mount("rawfuse", point, "fuse.rawfuse", MS_NOSUID | MS_NODEV,
		data) == -1)
		err(1, "%s", point);
	return fuse;
}

/* An absolute path is opened from anywhere. */
void
hold(const char *on)
{
	int root = set.nowhere ? dup(unattached) : open(on, O_PATH);

	if (root == -1 || openat(root, set.hold, O_RDWR | O_CREAT, 0666) == -1)
		err(1, "%s", set.hold);
	close(root);
	if (set.detach && umount2(on, MNT_DETACH) == -1)
		err(1, "detach %s", on);
}
