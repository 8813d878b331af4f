/* The loop that init lives in while main runs. */
#ifndef FINI_SUPERVISE_H
#define FINI_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/reap.h"

struct fusectl;
struct guardian;
struct log;
struct population;
struct registry;
struct report;
struct servers;
struct teardown;

struct supervision {
	struct registry *registry;
	struct population *population;
	struct fusectl *fusectl;
	struct log *log;
	struct report *report;
	struct teardown *teardown;
	struct servers *servers;   /* that init starts itself */
	struct guardian *guardian; /* NULL: there is to be none */
	int signals;		   /* signals_open()'s */
	int mountinfo;		   /* -1: mounts are not seen */
	bool warn_on_reap;
	int server_check_ms; /* between looks at our servers; 0: never */
	bool group;	     /* signals go to main's process group */
	pid_t main;
	struct ending ending; /* main's, valid once ended */
	bool ended;
	bool stopping;	      /* a stop signal has come */
	long long search_at;  /* when to look for a server next, or NEVER */
	int search_ms;	      /* and how long after that */
	long long check_at;   /* when to check the servers next, or NEVER */
	long long sandbox_at; /* when to enter the sandbox, or NEVER */
	int held_back;	      /* stop signal for a main that is a server */
};

/*
 * Forwards signals, reaps, and notes who mounts and serves FUSE, until main
 * has ended, or a stop signal came for a main that is itself a server: that
 * is held back (held_back) until its clients are gone. No timer runs but for
 * the second after a mount whose server has not shown itself yet, and while a
 * connection is ours the check for servers stuck in their own exit, which no
 * event announces (docs/kernel.md).
 */
void supervise(struct supervision *supervision);

/*
 * One round of it: until something has happened and was dealt with, or
 * `deadline_ms` (now_ms()'s, or NEVER) has come; then false.
 */
bool supervise_step(struct supervision *supervision, long long deadline_ms);

/*
 * Says of each connection that is not ours and may have to be, once, that its
 * server is not seen.
 */
void supervise_tell_unseen(struct supervision *supervision);

/* Starts the guardian, where there is to be one and none is. */
void supervise_guard(struct supervision *supervision);

/*
 * Reads what signals there are, for a teardown: reaps, forwards nothing.
 * True if one was a stop signal (SIGTERM, SIGINT, SIGQUIT).
 */
bool supervise_attend(void *supervision);

#endif
