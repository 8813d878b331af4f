#include "src/order.h"

/*
 * Does anybody else who still waits use what `i` serves? A second holder that
 * uses it does not count: it goes last whatever it uses.
 */
static bool
is_needed(const struct order_server *server, int count, uint64_t waiting, int i)
{
	for (int j = 0; j < count; j++)
		if (j != i && (waiting & UINT64_C(1) << j) &&
		    (server[j].uses & server[i].serves) &&
		    (!server[j].second || server[i].second))
			return true;
	return false;
}

/* Does one wait that was not forked from another holder? */
static bool
any_first(const struct order_server *server, int count, uint64_t waiting)
{
	for (int i = 0; i < count; i++)
		if ((waiting & UINT64_C(1) << i) && !server[i].second)
			return true;
	return false;
}

static bool
is_newer(const struct order_server *server, int i, int than)
{
	return than < 0 || server[i].newness > server[than].newness;
}

bool
order_servers(const struct order_server *server, int count, int *order)
{
	uint64_t waiting = 0;
	bool cycle = false;

	for (int i = 0; i < count; i++)
		waiting |= UINT64_C(1) << i;
	for (int done = 0; done < count; done++) {
		bool first = any_first(server, count, waiting);
		int free = -1, any = -1;

		for (int i = 0; i < count; i++) {
			if (!(waiting & UINT64_C(1) << i) ||
			    (first && server[i].second))
				continue;
			if (is_newer(server, i, any))
				any = i;
			if (!is_needed(server, count, waiting, i) &&
			    is_newer(server, i, free))
				free = i;
		}
		if (free < 0) {
			cycle = true;
			free = any;
		}
		waiting &= ~(UINT64_C(1) << (unsigned)free);
		order[done] = free;
	}
	return cycle;
}
