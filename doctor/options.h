/* The command line of fini-doctor. */
#ifndef FINI_DOCTOR_OPTIONS_H
#define FINI_DOCTOR_OPTIONS_H

#include <stdbool.h>

#define COULD_NOT_LOOK 2 /* exit status; of a wrong command line, too */
#define SHARED 64	 /* connections named by --shared */

enum command { COMMAND_LOOK, COMMAND_RELEASE, COMMAND_WATCH };
enum form { FORM_TEXT, FORM_JSON, FORM_DOT };

struct options {
	enum command command;
	enum form form;
	const char *container; /* of release; NULL: all that do not end */
	const char *docker_root;
	const char *metrics; /* a file for node_exporter; NULL: none */
	long long stuck_ms, every_ms, after_ms;
	bool dry_run;
	int rounds; /* of watch, for tests; 0: without an end */
	int shared;
	unsigned connection[SHARED];
};

/* Ends the program for --help, --version and what is wrong (status 2). */
void options_parse(struct options *options, int argc, char *argv[]);

bool options_share(const struct options *options, unsigned connection);

#endif
