/* What every unit test includes: cmocka, and a place to write into. */
#ifndef FINI_UNIT_H
#define FINI_UNIT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Standard output or error, written into memory meanwhile. */
struct capture {
	int fd, saved, memory;
};

static inline struct capture
capture_begin(int fd)
{
	struct capture c = { fd, dup(fd), memfd_create("capture", 0) };

	assert_true(c.saved >= 0 && c.memory >= 0);
	assert_int_equal(dup2(c.memory, fd), fd);
	return c;
}

/* What was written since, cut to fit. */
static inline void
capture_end(struct capture *c, char *text, size_t size)
{
	ssize_t n = pread(c->memory, text, size - 1, 0);

	assert_int_equal(dup2(c->saved, c->fd), c->fd);
	close(c->saved);
	close(c->memory);
	assert_true(n >= 0);
	text[n] = '\0';
}

/* In a child: until it is killed, or a failed test leaves it alone. */
_Noreturn static inline void
wait_for_kill(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* The time that this process has run, in milliseconds. */
static inline long long
cpu_ms(void)
{
	struct timespec ran;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ran);
	return ran.tv_sec * 1000LL + ran.tv_nsec / 1000000;
}

static inline int
lines_in(const char *text)
{
	int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* A fuzz run is the same every time: xorshift64, seeded by the test. */
static inline uint64_t
random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
