/* The command line of ndrive. */
#include "ndrive.h"

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: ndrive [options] BACKING MOUNTPOINT\n"
    "  -f, --foreground       stay; print \"ready\" when all is in place\n"
    "  -s, --single-thread    serve with one thread\n"
    "  -o OPTIONS             mount options for libfuse\n"
    "      --log FILE         append what is received: FLUSH, SIGTERM, ...\n"
    "      --name NAME        begin the log's lines with NAME\n"
    "      --pid-file FILE    write the server's pid there\n"
    "      --writeback-cache  let the kernel cache writes\n"
    "      --no-flush         answer FLUSH with ENOSYS\n"
    "      --slow-flush MS    take that long to answer a FLUSH\n"
    "      --never-read NAME  never answer a READ of NAME\n"
    "      --mute-at NAME     once NAME is looked up, never answer again\n"
    "      --sigterm HOW      clean (default), ignore, or die at once\n"
    "      --uid UID          become that user, undumpable, once mounted\n"
    "Deeds, on its own mount when PATH is relative:\n"
    "      --await-mount DIR  wait until something is mounted on DIR\n"
    "      --hold PATH        hold PATH open\n"
    "      --hold-threads N   hold it in N threads that stay\n"
    "      --dirty PATH       write to PATH and hold it open\n"
    "      --map PATH         dirty a shared mapping of PATH, close it\n"
    "      --read PATH        a thread in read() that is never answered\n"
    "      --fault PATH       a thread in a page fault, never answered\n"
    "      --helper PATH      a child holds PATH and a higher /dev/fuse\n"
    "      --run PROGRAM      a child runs PROGRAM, an absolute path\n"
    "      --await-go FIFO    be in place now; go on when FIFO has a byte.\n"
    "                         What follows is logged: DONE, or FAILED\n";

static void
add_deed(struct server *server, enum deed_kind kind, const char *path)
{
	if (server->ndeeds == MAX_DEEDS)
		errx(2, "too many deeds");
	server->deeds[server->ndeeds++] = (struct deed){ kind, path };
}

static enum sigterm
parse_sigterm(const char *how)
{
	if (strcmp(how, "clean") == 0)
		return SIGTERM_CLEAN;
	if (strcmp(how, "ignore") == 0)
		return SIGTERM_IGNORE;
	if (strcmp(how, "die") == 0)
		return SIGTERM_DIE;
	errx(2, "--sigterm %s: clean, ignore or die", how);
}

enum {
	OPT_LOG = 256,
	OPT_NAME,
	OPT_PID_FILE,
	OPT_WRITEBACK,
	OPT_NO_FLUSH,
	OPT_SLOW_FLUSH,
	OPT_NEVER_READ,
	OPT_MUTE_AT,
	OPT_SIGTERM,
	OPT_UID,
	OPT_HOLD_THREADS,
	OPT_DEED,
};

static const struct option options[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "single-thread", no_argument, NULL, 's' },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "writeback-cache", no_argument, NULL, OPT_WRITEBACK },
	{ "no-flush", no_argument, NULL, OPT_NO_FLUSH },
	{ "slow-flush", required_argument, NULL, OPT_SLOW_FLUSH },
	{ "never-read", required_argument, NULL, OPT_NEVER_READ },
	{ "mute-at", required_argument, NULL, OPT_MUTE_AT },
	{ "sigterm", required_argument, NULL, OPT_SIGTERM },
	{ "uid", required_argument, NULL, OPT_UID },
	{ "hold-threads", required_argument, NULL, OPT_HOLD_THREADS },
	{ "await-mount", required_argument, NULL, OPT_DEED + DEED_AWAIT_MOUNT },
	{ "hold", required_argument, NULL, OPT_DEED + DEED_HOLD },
	{ "dirty", required_argument, NULL, OPT_DEED + DEED_DIRTY },
	{ "map", required_argument, NULL, OPT_DEED + DEED_MAP },
	{ "read", required_argument, NULL, OPT_DEED + DEED_READ },
	{ "fault", required_argument, NULL, OPT_DEED + DEED_FAULT },
	{ "helper", required_argument, NULL, OPT_DEED + DEED_HELPER },
	{ "run", required_argument, NULL, OPT_DEED + DEED_RUN },
	{ "await-go", required_argument, NULL, OPT_DEED + DEED_AWAIT_GO },
	{ 0 },
};

static void
take_option(struct server *server, int opt)
{
	struct ndrive *nd = &server->nd;

	switch (opt) {
	case 'f':
		server->foreground = true;
		break;
	case 's':
		server->single_thread = true;
		break;
	case 'o':
		fuse_opt_add_arg(&server->args, "-o");
		fuse_opt_add_arg(&server->args, optarg);
		break;
	case OPT_LOG:
		nd->log = open(optarg,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (nd->log == -1)
			err(1, "%s", optarg);
		break;
	case OPT_NAME:
		nd->name = optarg;
		break;
	case OPT_PID_FILE:
		server->pid_file = optarg;
		break;
	case OPT_WRITEBACK:
		nd->writeback_cache = true;
		break;
	case OPT_NO_FLUSH:
		nd->no_flush = true;
		break;
	case OPT_SLOW_FLUSH:
		nd->slow_flush_ms = atol(optarg);
		break;
	case OPT_NEVER_READ:
		nd->never_read = optarg;
		break;
	case OPT_MUTE_AT:
		nd->mute_at = optarg;
		break;
	case OPT_SIGTERM:
		server->sigterm = parse_sigterm(optarg);
		break;
	case OPT_UID:
		server->uid = (uid_t)atol(optarg);
		break;
	case OPT_HOLD_THREADS:
		server->hold_threads = atoi(optarg);
		break;
	default:
		if (opt < OPT_DEED) {
			fputs(usage, stderr);
			exit(2);
		}
		add_deed(server, (enum deed_kind)(opt - OPT_DEED), optarg);
	}
}

void
options_parse(struct server *server, int argc, char *argv[])
{
	struct ndrive *nd = &server->nd;
	int opt;

	fuse_opt_add_arg(&server->args, "ndrive");
	fuse_opt_add_arg(&server->args, "-ofsname=ndrive,subtype=ndrive");
	while ((opt = getopt_long(argc, argv, "fso:", options, NULL)) != -1)
		take_option(server, opt);
	if (argc - optind != 2) {
		fputs(usage, stderr);
		exit(2);
	}
	nd->backing = open(argv[optind], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (nd->backing == -1)
		err(1, "%s", argv[optind]);
	/* fuse_mount(): the device of what somebody else has mounted. */
	nd->mountpoint = strncmp(argv[optind + 1], "/dev/fd/", 8) == 0 ?
	    argv[optind + 1] :
	    realpath(argv[optind + 1], NULL);
	if (nd->mountpoint == NULL)
		err(1, "%s", argv[optind + 1]);
	if (nd->name == NULL)
		nd->name = strrchr(nd->mountpoint, '/') + 1;
}
