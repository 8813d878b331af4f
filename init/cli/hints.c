#include "init/cli/hints.h"

#include <stddef.h>

#include "init/cli/environment.h"
#include "init/words.h"
#include "src/base/text.h"

/*
 * FINI_SERVICE_HOST, FINI_PORT_80_TCP, FINI_SERVER_SERVICE_PORT_HTTP: a service
 * that is called fini, fini-server ... (Kubernetes, "Discovering services").
 */
static bool
is_of_others(const char *variable)
{
	return text_find(variable, "_SERVICE_HOST=") ||
	    text_find(variable, "_SERVICE_PORT") ||
	    text_find(variable, "_PORT=") || text_find(variable, "_PORT_") ||
	    text_after(variable, "FINI_VERSION=");
}

static void
hint_variable(const struct option *table, const char *variable, struct log *log)
{
	size_t length = text_until(variable, '=');
	unsigned long long number;
	const char *value;
	char buffer[64];
	struct text name = text_over(buffer, sizeof(buffer));

	if (!text_after(variable, "FINI_") || !variable[length] ||
	    !variable[length + 1] || option_of(table, variable, &value) ||
	    numbered_server(variable, &number) || is_of_others(variable))
		return;
	for (size_t i = 0; i < length; i++)
		text_format(&name, "%c", variable[i]);
	log_line(log, LOG_WARNING, "unknown variable %s (see fini --help)",
	    name.start);
}

void
hint_variables(const struct option *table, char **environment, struct log *log)
{
	for (; environment && *environment; environment++)
		hint_variable(table, *environment, log);
}

void
hint_shell(const char *option, const char *command, struct log *log)
{
	const char *from = command ? words_for_shell(command) : NULL;

	if (from)
		log_line(log, LOG_WARNING,
		    "%s '%s': no shell runs it, so %s is passed on as it is; "
		    "for a shell write sh -c '...'",
		    option, command, from);
}
