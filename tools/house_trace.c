/*
 * Linked into the fini that tools/house trace compiles with -finstrument-functions:
 * every function that is entered becomes a record in a file that all processes
 * of fini map, forked ones too. TRACE is its name. It is there and large
 * enough before fini starts; without it nothing is recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

struct trace {
	uint64_t used;
	struct record {
		uint64_t function; /* from the start of the program */
		uint32_t pid;	   /* in the PID namespace of who calls it */
		uint32_t depth;	   /* main's is 1 */
	} record[RECORDS];
};

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);

extern const char __ehdr_start __attribute__((visibility("hidden")));

static struct trace *trace;
static uint32_t depth;

/* Before fini has a system call filter; the mapping needs no descriptor. */
static struct trace *
map(void)
{
	int error = errno;
	int fd = open(TRACE, O_RDWR | O_CLOEXEC);
	struct trace *t = MAP_FAILED;

	if (fd >= 0) {
		t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
		close(fd);
	}
	errno = error;
	return t;
}

void
__cyg_profile_func_enter(void *function, void *caller)
{
	uint64_t at;

	(void)caller;
	depth++;
	if (!trace)
		trace = map();
	if (trace == MAP_FAILED)
		return;
	at = __atomic_fetch_add(&trace->used, 1, __ATOMIC_RELAXED);
	if (at >= RECORDS)
		return;
	trace->record[at] = (struct record){
		.function = (uintptr_t)function - (uintptr_t)&__ehdr_start,
		.pid = (uint32_t)getpid(),
		.depth = depth,
	};
}

void
__cyg_profile_func_exit(void *function, void *caller)
{
	(void)function;
	(void)caller;
	depth--;
}
