/* What this process is allowed to do, of what a teardown needs: tried out. */
#ifndef FINI_RIGHTS_H
#define FINI_RIGHTS_H

#include <stdbool.h>

enum right {
	RIGHT_DEVICE,
	RIGHT_PROC,
	RIGHT_PIDFD,
	RIGHT_VISIBLE,
	RIGHT_PRIVATE,
	RIGHT_UNMOUNT,
	RIGHT_ANSWER,
	RIGHT_KILL,
	RIGHT_USERS,
	RIGHT_CHANGED,
	RIGHT_GUARDIAN,
	RIGHTS
};

/*
 * Is CAP_SYS_ADMIN had over our mount namespace? MNT_EXPIRE gives EINVAL for the
 * root, once the rights have been looked at. Never waits.
 */
bool rights_may_unmount(void);

/* Tries each: errors[right] is 0 where it is had, else the errno. */
void rights_try(int *errors);

#endif
