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

static bool
goes_before(const struct order_server *a, const struct order_server *b)
{
	if (a->second != b->second)
		return b->second;
	return a->newness > b->newness;
}

bool
order_servers(const struct order_server *server, int count, int *order)
{
	uint64_t waiting = 0;
	bool cycle = false;

	for (int i = 0; i < count; i++)
		waiting |= UINT64_C(1) << i;
	for (int done = 0; done < count; done++) {
		int free = -1, any = -1, next;

		for (int i = 0; i < count; i++) {
			if (!(waiting & UINT64_C(1) << i))
				continue;
			if (any < 0 || goes_before(&server[i], &server[any]))
				any = i;
			if (!is_needed(server, count, waiting, i) &&
			    (free < 0 ||
				goes_before(&server[i], &server[free])))
				free = i;
		}
		next = free >= 0 ? free : any;
		cycle |= free < 0;
		waiting &= ~(UINT64_C(1) << next);
		order[done] = next;
	}
	return cycle;
}
