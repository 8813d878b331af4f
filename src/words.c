#include "src/words.h"

#include <stdbool.h>

struct splitting {
	struct words *words;
	size_t used; /* of words->bytes */
	int count;
	bool inside; /* a word has begun */
	bool full;
};

/* An empty pair of quotes begins a word too. */
static void
begin(struct splitting *s)
{
	if (s->inside)
		return;
	if (s->count == WORDS_MOST) {
		s->full = true;
		return;
	}
	s->words->argument[1 + s->count] = s->words->bytes + s->used;
	s->inside = true;
}

static void
put(struct splitting *s, char c)
{
	begin(s);
	if (!s->inside || s->used == sizeof(s->words->bytes))
		s->full = true;
	else
		s->words->bytes[s->used++] = c;
}

static void
end(struct splitting *s)
{
	if (!s->inside)
		return;
	put(s, '\0');
	s->inside = false;
	s->count++;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

char **
words_split(struct words *w, const char *line)
{
	struct splitting s = { .words = w };
	char quote = '\0';

	for (; *line; line++) {
		if (quote == '\0' && is_blank(*line)) {
			end(&s);
		} else if (*line == quote) {
			quote = '\0';
		} else if (quote == '\0' && (*line == '\'' || *line == '"')) {
			quote = *line;
			begin(&s);
		} else if (*line == '\\' && quote != '\'' && line[1] &&
		    (quote == '\0' || line[1] == '"' || line[1] == '\\')) {
			put(&s, *++line);
		} else {
			put(&s, *line);
		}
	}
	end(&s);
	if (quote != '\0' || s.full || s.count == 0)
		return NULL;
	w->argument[0] = NULL;
	w->argument[1 + s.count] = NULL;
	return w->argument + 1;
}
