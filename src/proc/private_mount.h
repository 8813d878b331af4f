/* A filesystem of the kernel's, mounted nowhere: only we can reach it. */
#ifndef FINI_PRIVATE_MOUNT_H
#define FINI_PRIVATE_MOUNT_H

/*
 * Mounts `type` ("fusectl", "proc") without a mount point and returns a
 * descriptor of its root for openat(2). -1 and errno: EPERM without
 * CAP_SYS_ADMIN in the user namespace that the type asks for (fusectl: the
 * initial one), ENOSYS before Linux 5.2 or under a seccomp filter.
 */
int private_mount(const char *type);

#endif
