/* That an open file of fusectl belongs to a connection, not to its number. */
#ifndef FINI_PIN_H
#define FINI_PIN_H

struct view;

/*
 * Opens what fusectl has of each connection of ours that is not over. Numbers
 * come back as another's, so something must show that this one was ours before
 * and after: a mountinfo, our own or a server's. What none shows, as it was
 * attached nowhere (fsmount(2)) or was detached (umount -l), is shown by a
 * duplicate of its server's /dev/fuse: from Linux 6.16 on fdinfo names its
 * connection, and poll(2) tells that it is alive (fuse_dev_poll(),
 * fs/fuse/dev.c). A child has that duplicate, for a moment, and reads nothing
 * from it.
 */
void pin_ours(struct view *view);

#endif
