#include "src/fuse/order.h"

/*
 * A second holder does not count: it goes last whatever it uses. What both serve,
 * as they cannot be told apart, is taken for the other's: most servers use
 * nothing of their own. But if that holds for each of them it says nothing.
 */
static bool
needs(const struct order_server *who, const struct order_server *whom)
{
	struct set others = who->uses;

	set_cut(&others, &who->serves);
	return (!who->second || whom->second) &&
	    (set_meets(&others, &whom->serves) ||
		(set_meets(&who->uses, &whom->serves) &&
		    !set_meets(&whom->uses, &who->serves)));
}

/* Does anybody else who still waits need `i`? */
static bool
is_needed(const struct order_server *server, const struct set *waiting, int i)
{
	set_each(j, waiting)
		if (j != i && needs(&server[j], &server[i]))
			return true;
	return false;
}

/* Does one wait that was not forked from another holder? */
static bool
any_first(const struct order_server *server, const struct set *waiting)
{
	set_each(i, waiting)
		if (!server[i].second)
			return true;
	return false;
}

/* The highest turn of those in `set`. */
static int
last_turn(const struct order_server *server, const struct set *set)
{
	int last = 0;

	set_each(i, set)
		if (server[i].turn > last)
			last = server[i].turn;
	return last;
}

static void
drop_turns_before(const struct order_server *server, struct set *set, int turn)
{
	set_each(i, set)
		if (server[i].turn > 0 && server[i].turn < turn)
			set_remove(set, i);
}

/*
 * Declared ones take turns: each waits for those that were declared after it.
 * But what is seen comes first: if nobody could go so, one of them goes.
 */
static void
take_turns(const struct order_server *server, const struct set *waiting,
    struct set *free)
{
	struct set patient = *free;

	drop_turns_before(server, &patient, last_turn(server, waiting));
	if (set_is_empty(&patient)) {
		drop_turns_before(server, free, last_turn(server, free));
		patient = *free;
	}
	*free = patient;
}

/* Those that may go now; the newest, if somebody needs each of them. */
static struct set
choose(const struct order_server *server, const struct set *waiting,
    bool *cycle)
{
	bool first = any_first(server, waiting);
	struct set free = { 0 };
	int newest = -1;

	set_each(i, waiting) {
		if (first && server[i].second)
			continue;
		if (newest < 0 || server[i].newness > server[newest].newness)
			newest = i;
		if (!is_needed(server, waiting, i))
			set_add(&free, i);
	}
	if (set_is_empty(&free)) {
		*cycle = true;
		set_add(&free, newest);
	}
	take_turns(server, waiting, &free);
	return free;
}

int
order_waves(const struct order_server *server, int count, int *wave,
    bool *cycle)
{
	struct set waiting = { 0 };
	int waves = 0;

	*cycle = false;
	for (int i = 0; i < count; i++)
		set_add(&waiting, i);
	for (; !set_is_empty(&waiting); waves++) {
		struct set free = choose(server, &waiting, cycle);

		set_each(i, &free)
			wave[i] = waves;
		set_cut(&waiting, &free);
	}
	return waves;
}
