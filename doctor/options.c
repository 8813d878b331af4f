#include "doctor/options.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/duration.h"

#define MOST_MS (30 * 86400000U) /* of a duration */

static const char usage[] =
    "usage: fini-doctor [OPTIONS]                        what is stuck, and why\n"
    "       fini-doctor release [OPTIONS] [CONTAINER|PID]  abort what is at fault\n"
    "       fini-doctor watch [OPTIONS]                  do that on a node, for ever\n"
    "\n"
    "      --stuck DUR     what has waited for less is not stuck (10s)\n"
    "      --json, --dot   the same as data, or as a graph for Graphviz\n"
    "      --shared ID     release: this connection, although others see it mounted\n"
    "      --dry-run       release, watch: say what would be done\n"
    "      --docker-root DIR  release: where dockerd keeps its containers\n"
    "                      (/var/lib/docker), for their names\n"
    "      --every DUR     watch: between two looks (10s)\n"
    "      --after DUR     watch: release what has been stuck for so long (60s)\n"
    "      --metrics FILE  watch: for node_exporter's textfile collector\n"
    "      --rounds N      watch: end after N looks\n"
    "      --help, --version\n"
    "\n"
    "DUR: 500ms, 10s, 1m30s. CONTAINER: its id or its beginning (12 digits), or what\n"
    "docker, podman or CRI-O calls it. PID: any that is shown. Exit status: 0\n"
    "nothing is stuck, or it was released; 1 something is stuck; 2 it could not be\n"
    "looked at, or the command line is wrong.\n";

enum {
	STUCK = 256,
	JSON,
	DOT,
	SHARE,
	DRY_RUN,
	DOCKER_ROOT,
	EVERY,
	AFTER,
	METRICS,
	ROUNDS,
	HELP,
	VERSION
};

static const struct option options[] = {
	{ "stuck", required_argument, NULL, STUCK },
	{ "json", no_argument, NULL, JSON },
	{ "dot", no_argument, NULL, DOT },
	{ "shared", required_argument, NULL, SHARE },
	{ "dry-run", no_argument, NULL, DRY_RUN },
	{ "docker-root", required_argument, NULL, DOCKER_ROOT },
	{ "every", required_argument, NULL, EVERY },
	{ "after", required_argument, NULL, AFTER },
	{ "metrics", required_argument, NULL, METRICS },
	{ "rounds", required_argument, NULL, ROUNDS },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ 0 },
};

#define ON(command) (1U << (command))
#define ALWAYS (ON(COMMAND_LOOK) | ON(COMMAND_RELEASE) | ON(COMMAND_WATCH))

static const struct {
	unsigned commands; /* with which it means something: ON() */
	const char *where; /* in words */
} meaning[] = {
	[STUCK - STUCK] = { ALWAYS, "" },
	[JSON - STUCK] = { ON(COMMAND_LOOK), "without a command" },
	[DOT - STUCK] = { ON(COMMAND_LOOK), "without a command" },
	[SHARE - STUCK] = { ON(COMMAND_RELEASE), "with release" },
	[DRY_RUN - STUCK] = { ON(COMMAND_RELEASE) | ON(COMMAND_WATCH),
	    "with release or watch" },
	[DOCKER_ROOT - STUCK] = { ON(COMMAND_RELEASE), "with release" },
	[EVERY - STUCK] = { ON(COMMAND_WATCH), "with watch" },
	[AFTER - STUCK] = { ON(COMMAND_WATCH), "with watch" },
	[METRICS - STUCK] = { ON(COMMAND_WATCH), "with watch" },
	[ROUNDS - STUCK] = { ON(COMMAND_WATCH), "with watch" },
	[HELP - STUCK] = { ALWAYS, "" },
	[VERSION - STUCK] = { ALWAYS, "" },
};

static void
refuse_meaningless(enum command command, const struct option *option)
{
	if (!(meaning[option->val - STUCK].commands & ON(command)))
		errx(COULD_NOT_LOOK, "--%s means something only %s",
		    option->name, meaning[option->val - STUCK].where);
}

static long long
duration(const char *name, const char *text)
{
	long long ms;

	if (duration_read(text, MOST_MS, &ms) < 0)
		errx(COULD_NOT_LOOK,
		    "--%s: '%s' is no duration: 500ms, 10s, 1m30s", name, text);
	return ms;
}

static _Noreturn void
print(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) == 0 && !ferror(stdout) ? 0 : COULD_NOT_LOOK);
}

static unsigned
number(const char *name, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value == 0 || value > 0xffffffffUL)
		errx(COULD_NOT_LOOK, "--%s: '%s' is no number", name, text);
	return (unsigned)value;
}

static void
share(struct options *o, const char *connection)
{
	if (o->shared == SHARED)
		errx(COULD_NOT_LOOK, "--shared: too many");
	o->connection[o->shared++] = number("shared", connection);
}

/* docker inspect writes "/seed". */
static const char *
container_name(const char *text)
{
	text += *text == '/';
	if (*text == '\0')
		errx(COULD_NOT_LOOK, "release: an empty name is no container");
	return text;
}

static void
take(struct options *o, int opt)
{
	switch (opt) {
	case STUCK:
		o->stuck_ms = duration("stuck", optarg);
		break;
	case JSON:
	case DOT:
		o->form = opt == JSON ? FORM_JSON : FORM_DOT;
		break;
	case SHARE:
		share(o, optarg);
		break;
	case DRY_RUN:
		o->dry_run = true;
		break;
	case DOCKER_ROOT:
		o->docker_root = optarg;
		break;
	case EVERY:
		o->every_ms = duration("every", optarg);
		break;
	case AFTER:
		o->after_ms = duration("after", optarg);
		break;
	case METRICS:
		o->metrics = optarg;
		break;
	case ROUNDS:
		o->rounds = (int)number("rounds", optarg);
		break;
	case HELP:
		print(usage);
	case VERSION:
		print("fini-doctor " FINI_VERSION "\n");
	default:
		fputs(usage, stderr);
		exit(COULD_NOT_LOOK);
	}
}

void
options_parse(struct options *o, int argc, char *argv[])
{
	int opt, which = 0;

	*o = (struct options){
		.docker_root = "/var/lib/docker",
		.stuck_ms = 10000,
		.every_ms = 10000,
		.after_ms = 60000,
	};
	if (argc > 1 && strcmp(argv[1], "release") == 0)
		o->command = COMMAND_RELEASE;
	else if (argc > 1 && strcmp(argv[1], "watch") == 0)
		o->command = COMMAND_WATCH;
	if (o->command != COMMAND_LOOK) {
		argc--;
		argv++;
	}
	while ((opt = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (opt >= STUCK)
			refuse_meaningless(o->command, &options[which]);
		take(o, opt);
	}
	if (optind < argc && o->command == COMMAND_RELEASE)
		o->container = container_name(argv[optind++]);
	if (optind < argc) {
		fputs(usage, stderr);
		exit(COULD_NOT_LOOK);
	}
}

bool
options_share(const struct options *o, unsigned connection)
{
	for (int i = 0; i < o->shared; i++)
		if (o->connection[i] == connection)
			return true;
	return false;
}
