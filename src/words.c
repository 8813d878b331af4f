#include "src/words.h"

#include <stdbool.h>

struct splitting {
	struct words *words;
	size_t used; /* of words->bytes */
	int count;
	bool inside; /* a word has begun */
	bool full;
};

static void
put(struct splitting *s, char c)
{
	struct words *w = s->words;

	if (!s->inside && s->count < WORDS_MOST) {
		w->argument[1 + s->count] = w->bytes + s->used;
		s->inside = true;
	}
	if (!s->inside || s->used == sizeof(w->bytes))
		s->full = true;
	else
		w->bytes[s->used++] = c;
}

/* An empty pair of quotes is a word too. */
static void
begin(struct splitting *s)
{
	if (!s->inside && s->count < WORDS_MOST) {
		s->words->argument[1 + s->count] = s->words->bytes + s->used;
		s->inside = true;
	}
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
