#include "init/own_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/base/error.h"
#include "src/base/fd.h"
#include "src/base/log.h"
#include "src/fuse/connection.h"

/* The linker's: where our file begins in memory, with its first segment. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool
lie_on_fuse(const struct registry *r)
{
	bool on_fuse;
	int fd;

	if (r->foreigns == 0)
		return false;
	fd = fd_open(AT_FDCWD, "/proc/self/exe", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	on_fuse = registry_is_foreign(r, fd_device(fd));
	close(fd);
	return on_fuse;
}

/* A private page that is written to becomes our own copy. */
static void
touch(char *start, size_t size, size_t page)
{
	for (size_t at = 0; at < size; at += page) {
		volatile char *byte = start + at;
		char same = *byte;

		*byte = same;
	}
}

/*
 * The code that runs here is replaced under itself, by the same bytes: move
 * and replacement are one for who executes them (mremap(2), MREMAP_FIXED).
 */
static int
replace(char *start, size_t size, int protection)
{
	char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	if (copy == MAP_FAILED)
		return errno;
	memcpy(copy, start, size);
	if (mprotect(copy, size, protection) == 0 &&
	    syscall(SYS_mremap, copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		start) != -1)
		return 0;
	error = errno;
	(void)munmap(copy, size);
	return error;
}

static int
keep(void)
{
	uintptr_t base = (uintptr_t)&__ehdr_start;
	const ElfW(Phdr) *segment = (const void *)(base + __ehdr_start.e_phoff);
	size_t page = (size_t)getauxval(AT_PAGESZ);
	int error = 0;

	for (int i = 0; i < __ehdr_start.e_phnum; i++) {
		const ElfW(Phdr) *s = &segment[i];
		uintptr_t start = (base + s->p_vaddr) & ~(page - 1);
		size_t size =
		    (base + s->p_vaddr + s->p_filesz - start + page - 1) &
		    ~(page - 1);

		if (s->p_type != PT_LOAD)
			continue;
		if (s->p_flags & PF_W)
			touch((char *)start, size, page);
		else if (error == 0)
			error = replace((char *)start, size,
			    PROT_READ | (s->p_flags & PF_X ? PROT_EXEC : 0));
	}
	return error;
}

void
own_pages_keep(const struct registry *r, struct log *log)
{
	int error = lie_on_fuse(r) ? keep() : 0;

	if (error)
		log_line(log, LOG_WARNING,
		    "our program lies on FUSE and cannot be kept in memory: %s",
		    error_text(error));
}
