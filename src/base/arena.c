/*
 * The memory that libcap asks for, and nobody else: two blocks of about 100
 * bytes at a time. musl's allocator would be 6.5 KB of the program.
 *
 * The linker finds these before musl's. The unit tests have the host's.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNIT _Alignof(max_align_t)

static _Alignas(UNIT) char memory[512];
static size_t used, blocks;

/*
 * Zeroed here, not in calloc(): there gcc would make a call of calloc() out of
 * malloc() and memset().
 */
static void *
take(size_t size)
{
	char *block = memory + used;

	if (size > sizeof(memory) - used) {
		errno = ENOMEM;
		return NULL;
	}
	used += (size + UNIT - 1) / UNIT * UNIT;
	blocks++;
	return memset(block, 0, size);
}

void *
malloc(size_t size)
{
	return take(size);
}

void *
calloc(size_t n, size_t size)
{
	size_t bytes;

	return take(__builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes);
}

/* The memory is free again when all of it is. */
void
free(void *block)
{
	if (block && --blocks == 0)
		used = 0;
}
