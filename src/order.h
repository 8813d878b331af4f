/* Which server goes before which. */
#ifndef FINI_ORDER_H
#define FINI_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_MOST 64

struct order_server {
	uint64_t serves;  /* connections, one bit each */
	uint64_t uses;	  /* connections it has files open on or is
				   mounted inside */
	unsigned newness; /* greater: started later */
	bool second;	  /* forked from another holder */
};

/*
 * Puts the indices of `server` (at most ORDER_MOST) into `order`, first to
 * stop first: who uses what another serves goes before it; of those that
 * nobody still uses, the newest; who was forked from another holder goes after
 * all that were not. In a cycle the newest goes. True if there was one.
 */
bool order_servers(const struct order_server *server, int count, int *order);

#endif
