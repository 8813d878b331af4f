/*
 * Images: files on a mount of ours that a loop device makes a filesystem of, as
 * mount -o loop does with what nbdfuse or qemu-storage-daemon shows. The
 * kernel's filesystem writes back when it is unmounted, through the server: so
 * it must go while that still answers. Not seen: partitions, and what device
 * mapper lays over a loop device.
 */
#ifndef FINI_IMAGE_H
#define FINI_IMAGE_H

#include <stdbool.h>

struct view;

/*
 * Is a loop device mounted, and came it after a mount of ours? Then it may have
 * an image. Reads our own mountinfo only.
 */
bool images_may_be(const struct view *view);

/*
 * Unmounts what lies on images, the last mounted first, and logs of each. Only
 * in a child: it waits for the servers. Which file a loop device has is told
 * by sysfs (drivers/block/loop.c), of which it takes a mount of its own.
 */
void images_unmount(struct view *view);

#endif
