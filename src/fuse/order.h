/* Which server goes before which. */
#ifndef FINI_ORDER_H
#define FINI_ORDER_H

#include <stdbool.h>

#include "src/base/set.h"

struct order_server {
	struct set serves; /* connections */
	struct set uses;   /* connections it has files open on or is mounted
			      inside */
	int turn;	   /* declared as the so many-th; 0: not declared */
	unsigned newness;  /* greater: started later */
	bool second;	   /* forked from another holder */
};

/*
 * Says for each of `server` (at most SET_MOST) in which wave it goes, from 0:
 * one that uses what another serves, even if it may serve that itself, goes in
 * an earlier one; those that none still uses go together, but for declared
 * ones, which go one by one, the last first: it may be configured over the
 * others. Who was forked from another holder goes after all that were not. In a
 * cycle the newest goes, alone. Returns the number of waves; *cycle says whether
 * there was one.
 */
int order_waves(const struct order_server *server, int count, int *wave,
    bool *cycle);

#endif
