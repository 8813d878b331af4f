/*
 * ndrive [options] BACKING MOUNTPOINT
 *
 * Mounts, does its deeds in the order given, and only then goes into the
 * background: when the command returns 0, everything is in place.
 */
#include "../../system/descriptors.h"
#include "ndrive.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct server server = { .nd.log = -1 }; /* for on_signal */

void
ndrive_log(const struct ndrive *nd, const char *event, const char *detail)
{
	char line[NAME_MAX + PATH_MAX + 64];
	char *end = stpncpy(line, nd->name, NAME_MAX);

	*end++ = ' ';
	end = stpcpy(end, event);
	*end++ = ' ';
	end = stpncpy(end, detail, PATH_MAX);
	*end++ = '\n';
	if (nd->log != -1 && write(nd->log, line, (size_t)(end - line)) == -1)
		_exit(1);
}

static void
on_signal(int sig)
{
	ndrive_log(&server.nd,
	    sig == SIGTERM     ? "SIGTERM" :
		sig == SIGHUP  ? "SIGHUP" :
		sig == SIGQUIT ? "SIGQUIT" :
				 "SIGINT",
	    "");
	/* SIGQUIT: as a JVM, which prints its threads and goes on. */
	if (sig == SIGQUIT ||
	    (sig == SIGTERM && server.sigterm == SIGTERM_IGNORE))
		return;
	fuse_session_exit(fuse_get_session(server.fuse));
}

static void
take_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	if (server.sigterm != SIGTERM_DIE)
		sigaction(SIGTERM, &action, NULL);
}

static void
tell_in_place(char in_place)
{
	if (server.in_place == -1)
		return;
	if (write(server.in_place, &in_place, 1) == -1)
		warn("write");
	close(server.in_place);
	server.in_place = -1;
}

/* Runs beside the loop, which must serve what the deeds ask of the mount. */
static void *
deeds_thread(void *arg)
{
	char in_place = 1;

	(void)arg;
	for (size_t i = 0; i < server.ndeeds; i++) {
		const struct deed *deed = &server.deeds[i];
		bool done;

		if (deed->kind == DEED_AWAIT_GO)
			tell_in_place(in_place);
		done = deed_run(&server.nd, deed,
			   fuse_session_fd(fuse_get_session(server.fuse)),
			   server.hold_threads) == 0;
		if (!done)
			warn("%s", deed->path);
		in_place &= done;
		if (server.in_place == -1)
			ndrive_log(&server.nd, done ? "DONE" : "FAILED",
			    deed->path);
	}
	tell_in_place(in_place);
	return NULL;
}

/* Only the main thread, which libfuse expects to be interrupted, has signals. */
static void
start_deeds(void)
{
	sigset_t all, before;
	pthread_attr_t detached;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, deeds_thread, NULL) != 0)
		errx(1, "no thread for the deeds");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
write_pid(void)
{
	FILE *file;

	if (server.pid_file == NULL)
		return;
	file = fopen(server.pid_file, "we");
	if (file == NULL || fprintf(file, "%d\n", getpid()) < 0 ||
	    fclose(file) == EOF)
		err(1, "%s", server.pid_file);
}

static int
serve(void)
{
	struct fuse_loop_config config = { .max_idle_threads = 10 };
	int error;

	server.fuse = fuse_new(&server.args, &passthrough, sizeof(passthrough),
	    &server.nd);
	if (server.fuse == NULL)
		return 1;
	take_signals();
	write_pid();
	/*
	 * As it will be once it has changed its user: nobody is to be lucky
	 * enough to look in the moment between.
	 */
	if (server.uid != 0)
		(void)prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	if (fuse_mount(server.fuse, server.nd.mountpoint) == -1)
		return 1;
	if (server.uid != 0 &&
	    (setresgid(server.uid, server.uid, server.uid) == -1 ||
		setresuid(server.uid, server.uid, server.uid) == -1))
		err(1, "--uid %u", server.uid);
	start_deeds();
	error = server.single_thread ? fuse_loop(server.fuse) :
				       fuse_loop_mt(server.fuse, &config);
	fuse_unmount(server.fuse);
	fuse_destroy(server.fuse);
	return error == 0 ? 0 : 1;
}

/* The parent returns when the server is in place, or could not be. */
static int
serve_in_background(void)
{
	int pipefd[2], null;
	char in_place = 0;

	if (pipe2(pipefd, O_CLOEXEC) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(pipefd[0]);
		server.in_place = pipefd[1];
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
		setsid();
		if (chdir("/") == -1)
			err(1, "/");
		return serve();
	}
	close(pipefd[1]);
	return read(pipefd[0], &in_place, 1) == 1 && in_place == 1 ? 0 : 1;
}

static int
serve_in_foreground(void)
{
	int pipefd[2];
	char in_place = 0;

	if (pipe2(pipefd, O_CLOEXEC) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(pipefd[1]);
		if (read(pipefd[0], &in_place, 1) == 1 && in_place == 1)
			puts("ready");
		fflush(stdout);
		_exit(0);
	}
	close(pipefd[0]);
	server.in_place = pipefd[1];
	return serve();
}

int
main(int argc, char *argv[])
{
	fill_standard_descriptors();
	options_parse(&server, argc, argv);
	sem_init(&server.nd.unanswered, 0, 0);
	return server.foreground ? serve_in_foreground() :
				   serve_in_background();
}
