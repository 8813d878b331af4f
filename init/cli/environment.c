#include "init/cli/environment.h"

#include <limits.h>
#include <stddef.h>

#include "init/cli/options.h"
#include "src/base/text.h"

/* Is `variable` PREFIX_NAME=...? Its value, or NULL. */
static const char *
value_of(const char *variable, const char *prefix, const char *name)
{
	variable = text_after(variable, prefix);
	if (!variable)
		return NULL;
	for (; *name; name++, variable++) {
		char c = *name == '-' ? '_' : *name;

		if (*variable != (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c))
			return NULL;
	}
	return *variable == '=' ? variable + 1 : NULL;
}

/* Flags need only be set; numbers it reads by atoi(3), and may be any. */
static const char *
as_tini_reads(const struct option *o, const char *value)
{
	static const char numbers[] = "0\0001\0002\0003\0004";
	unsigned long long number = 0;

	if (o->kind == OPTION_FLAG)
		return "yes";
	while (*value == ' ' || (*value >= '\t' && *value <= '\r'))
		value++;
	value += *value == '+';
	if (!digits(value, o->number, &number) && *value >= '0' &&
	    *value <= '9')
		number = o->number;
	return text_nth(numbers, (int)number);
}

const struct option *
option_of(const struct option *o, const char *variable, const char **value)
{
	for (; o->name[0]; o++) {
		if (o->kind == OPTION_COUNT || o->kind == OPTION_END)
			continue;
		*value = o->tini ? value_of(variable, "TINI_", o->name) : NULL;
		if (*value)
			*value = as_tini_reads(o, *value);
		if (!*value)
			*value = value_of(variable, "FINI_", o->name);
		if (*value)
			return o;
	}
	return NULL;
}

const char *
numbered_server(const char *variable, unsigned long long *number)
{
	variable = text_after(variable, "FINI_SERVER_");
	if (variable)
		variable = digits(variable, UINT_MAX, number);
	return variable && *variable == '=' ? variable + 1 : NULL;
}

/* An empty one says nothing: docker cannot take a variable out of an image. */
static int
read_variable(struct options *options, const struct option *table,
    const char *variable, const char **servers)
{
	unsigned long long number;
	const char *value = numbered_server(variable, &number);
	const struct option *o;
	char name[64];

	if (value) {
		/* FINI_SERVER_01 may not take the place of FINI_SERVER_1. */
		if (number < 1 || number > SERVERS_DECLARED ||
		    variable[12] == '0')
			return option_wrong("servers are numbered from 1 to 32",
			    option_name(variable, name, sizeof(name)));
		servers[number - 1] = value;
		return 0;
	}
	o = option_of(table, variable, &value);
	if (o && *value && option_set(options, o, value) < 0)
		return option_wrong_value(o, variable, value);
	return 0;
}

/* A gap is refused: who miscounts would miss a server. An empty one is none. */
static int
declare_numbered(struct options *options, const struct option *server,
    const char *const *servers)
{
	char name[32];
	struct text missing = text_over(name, sizeof(name));

	for (int i = 0; i < SERVERS_DECLARED; i++) {
		if (!servers[i] && missing.used == 0)
			text_format(&missing, "FINI_SERVER_%d", i + 1);
		else if (servers[i] && missing.used != 0)
			return option_wrong(
			    "servers are numbered without a gap: "
			    "missing",
			    name);
		else if (servers[i] && *servers[i] &&
		    option_set(options, server, servers[i]) < 0)
			return option_wrong_value(server, "FINI_SERVER_n",
			    servers[i]);
	}
	return 0;
}

int
environment_read(struct options *options, const struct option *table,
    char **environment)
{
	const struct option *server = option_find(table, "server", 6);
	const char *servers[SERVERS_DECLARED] = { 0 };

	for (char **v = environment; *v; v++)
		if (read_variable(options, table, *v, servers) < 0)
			return -1;
	return server ? declare_numbered(options, server, servers) : 0;
}
