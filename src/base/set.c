#include "src/base/set.h"

#define BITS 64

static uint64_t
bit(int number)
{
	return UINT64_C(1) << (unsigned)number % BITS;
}

bool
set_has(const struct set *s, int number)
{
	return (s->word[number / BITS] & bit(number)) != 0;
}

void
set_add(struct set *s, int number)
{
	s->word[number / BITS] |= bit(number);
}

void
set_remove(struct set *s, int number)
{
	s->word[number / BITS] &= ~bit(number);
}

bool
set_is_empty(const struct set *s)
{
	return set_next(s, -1) < 0;
}

bool
set_meets(const struct set *a, const struct set *b)
{
	for (int i = 0; i < SET_WORDS; i++)
		if (a->word[i] & b->word[i])
			return true;
	return false;
}

void
set_join(struct set *s, const struct set *others)
{
	for (int i = 0; i < SET_WORDS; i++)
		s->word[i] |= others->word[i];
}

void
set_keep(struct set *s, const struct set *others)
{
	for (int i = 0; i < SET_WORDS; i++)
		s->word[i] &= others->word[i];
}

void
set_cut(struct set *s, const struct set *others)
{
	for (int i = 0; i < SET_WORDS; i++)
		s->word[i] &= ~others->word[i];
}

int
set_next(const struct set *s, int after)
{
	for (int at = after + 1; at < SET_MOST; at = (at / BITS + 1) * BITS) {
		uint64_t rest = s->word[at / BITS] >> at % BITS;

		if (rest != 0)
			return at + __builtin_ctzll(rest);
	}
	return -1;
}
