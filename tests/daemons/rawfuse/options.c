/* The command line of rawfuse. */
#include "rawfuse.h"

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>

static const char usage[] =
    "usage: rawfuse [options] MOUNTPOINT...\n"
    "  --each             a process for each MOUNTPOINT; else one serves all\n"
    "  --log FILE         append what happens: UNANSWERED FLUSH,\n"
    "                     SIGTERM, UNMOUNTED (aborted, too), STORED, LOST\n"
    "  --name NAME        begin the log's lines with NAME\n"
    "  --uid UID          become that user, dumpable, once mounted\n"
    "  --unanswered WHAT  FLUSH, READ, WRITE, or all but INIT\n"
    "  --hold PATH        hold PATH open, on each mount if it is relative\n"
    "  --detach           then unmount it lazily\n"
    "  --nowhere          attach the mount nowhere; one MOUNTPOINT, for its name\n"
    "  --thread HOW       serve in a second thread: alone (the first one ends),\n"
    "                     with open files or mounts of its own (files, mounts)\n"
    "  --read PATH        then read PATH on the first mount, for ever\n"
    "  --ring             over io_uring; one MOUNTPOINT for a process\n"
    "  --stubborn         ignore SIGTERM, and so do sharers\n"
    "  --leave            do not unmount what is mounted at the end\n"
    "  --end MS           need so long at the end, asleep\n"
    "  --store FILE       and then write what there is to store to FILE\n"
    "  --sideline HOW     serve in a thread, and go on when that ends, until\n"
    "                     SIGTERM; HOW it is met: handler, signalfd,\n"
    "                     wait (by sigwait), default\n"
    "  --swap             for MOUNTPOINT D/a/x: exchange D/a and D/other, for ever\n"
    "  --descriptors N    hold so many descriptors of nothing\n"
    "  --sharers N        so many processes that share all descriptors\n";

static const struct option options[] = {
	{ "each", no_argument, NULL, 'e' },
	{ "log", required_argument, NULL, 'l' },
	{ "name", required_argument, NULL, 'n' },
	{ "uid", required_argument, NULL, 'u' },
	{ "unanswered", required_argument, NULL, 'q' },
	{ "hold", required_argument, NULL, 'h' },
	{ "detach", no_argument, NULL, 'a' },
	{ "nowhere", no_argument, NULL, 'o' },
	{ "thread", required_argument, NULL, 'f' },
	{ "read", required_argument, NULL, 'r' },
	{ "ring", no_argument, NULL, 'i' },
	{ "stubborn", no_argument, NULL, 't' },
	{ "leave", no_argument, NULL, 'v' },
	{ "end", required_argument, NULL, 'm' },
	{ "store", required_argument, NULL, 's' },
	{ "sideline", required_argument, NULL, 'b' },
	{ "swap", no_argument, NULL, 'x' },
	{ "descriptors", required_argument, NULL, 'd' },
	{ "sharers", required_argument, NULL, 'c' },
	{ 0 },
};

struct settings set = { .name = "rawfuse", .log = -1 };

static void
take_option(int opt)
{
	switch (opt) {
	case 'e':
		set.each = true;
		break;
	case 'l':
		set.log = open(optarg,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (set.log == -1)
			err(1, "%s", optarg);
		break;
	case 'n':
		set.name = optarg;
		break;
	case 'u':
		set.uid = (uid_t)atol(optarg);
		break;
	case 'q':
		set.unanswered = optarg;
		break;
	case 'h':
		set.hold = optarg;
		break;
	case 'a':
		set.detach = true;
		break;
	case 'o':
		set.nowhere = true;
		break;
	case 'f':
		set.thread = optarg;
		break;
	case 'r':
		set.read = optarg;
		break;
	case 'i':
		set.ring = true;
		break;
	case 't':
		set.stubborn = true;
		break;
	case 'v':
		set.leave = true;
		break;
	case 'm':
		set.end_ms = atol(optarg);
		break;
	case 's':
		set.store = optarg;
		break;
	case 'b':
		set.sideline = optarg;
		break;
	case 'x':
		set.swap = true;
		break;
	case 'd':
		set.descriptors = atoi(optarg);
		break;
	case 'c':
		set.sharers = atoi(optarg);
		break;
	default:
		errx(2, "%s", usage);
	}
}

int
options_parse(int argc, char *argv[])
{
	int opt;

	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1)
		take_option(opt);
	if (optind == argc || (set.ring && !set.each && argc - optind > 1))
		errx(2, "%s", usage);
	return optind;
}
