#include "init/words.h"

#include <stdbool.h>
#include <string.h>

#include "src/base/text.h"

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

/* What follows a "$" that is expanded. */
static bool
is_expanded(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    c == '{' || c == '(';
}

/* In the middle of a word, as in http://host/?a=1&b=2, most mean nothing. */
static bool
is_operator(const char *s, bool begins)
{
	return (begins && text_has("|&;<>", *s)) ||
	    (*s == ';' && (!s[1] || is_blank(s[1])));
}

const char *
words_for_shell(const char *line)
{
	bool begins = true;
	char quote = '\0';

	if (text_find(line, "sh -c"))
		return NULL;
	for (; *line; line++) {
		char c = *line;

		if (c == '\\' && quote != '\'' && line[1])
			line++;
		else if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else if (quote != '\'' &&
		    (c == '`' || (c == '$' && is_expanded(line[1]))))
			return line;
		else if (quote == '\0' && is_operator(line, begins))
			return line;
		/* 2>&1 */
		begins = quote == '\0' &&
		    (is_blank(c) || (begins && c >= '0' && c <= '9'));
	}
	return NULL;
}
