#include "doctor/options.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COULD_NOT_LOOK 2

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
    "DUR: 500ms, 10s, 2m. CONTAINER: its id or its beginning (12 digits), or what\n"
    "docker calls it. Exit status: 0 nothing is stuck, or it was released; 1\n"
    "something is stuck; 2 it could not be looked at.\n";

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

static long long
duration(const char *name, const char *text)
{
	static const struct {
		const char *suffix;
		double ms;
	} units[] = { { "ms", 1 }, { "s", 1e3 }, { "m", 6e4 }, { "h", 36e5 } };
	char *end;
	double value = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != text && strcmp(end, units[i].suffix) == 0 &&
		    value >= 0 && value * units[i].ms < 1e12)
			return (long long)(value * units[i].ms);
	errx(COULD_NOT_LOOK, "--%s: '%s' is no duration: 500ms, 10s, 2m", name,
	    text);
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
take(struct options *o, int opt)
{
	switch (opt) {
	case STUCK:
		o->stuck_ms = duration("stuck", optarg);
		break;
	case JSON:
		o->form = FORM_JSON;
		break;
	case DOT:
		o->form = FORM_DOT;
		break;
	case SHARE:
		if (o->shared == SHARED)
			errx(COULD_NOT_LOOK, "--shared: too many");
		o->connection[o->shared++] = number("shared", optarg);
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
		fputs(usage, stdout);
		exit(0);
	case VERSION:
		puts("fini-doctor " FINI_VERSION);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(COULD_NOT_LOOK);
	}
}

void
options_parse(struct options *o, int argc, char *argv[])
{
	int opt;

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
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(o, opt);
	if (optind < argc && o->command == COMMAND_RELEASE)
		o->container = argv[optind++];
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
