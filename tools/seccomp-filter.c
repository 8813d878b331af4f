/*
 * Writes PID 1's system-call filter as a C header on standard output.
 *
 *	seccomp-filter allow-list [arch]
 *
 * It runs on the build host, so that libseccomp writes the filter and the
 * binary carries only its bytes. arch is a name of libseccomp's (x86_64,
 * aarch64, ...); default: the host's.
 */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>

#define NAME_MAX_LENGTH 64

/*
 * Without a filter of its own PID 1 would get ENOSYS for what an old kernel
 * lacks: every caller copes with that already, so it is also the answer to
 * what is not on the list. Death is no option for PID 1.
 */
static scmp_filter_ctx
new_filter(const char *arch)
{
	scmp_filter_ctx ctx;
	uint32_t token;
	int r;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) == NULL)
		errx(1, "seccomp_init failed");
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_ERRNO(ENOSYS));
	if (r < 0)
		errx(1, "seccomp_attr_set: %s", strerror(-r));
	if (arch == NULL)
		return ctx;
	if ((token = seccomp_arch_resolve_name(arch)) == 0)
		errx(1, "%s: unknown to libseccomp as an architecture", arch);
	if (token == seccomp_arch_native())
		return ctx;
	/* In this order: two of different endianness cannot be in one. */
	if ((r = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE)) < 0 ||
	    (r = seccomp_arch_add(ctx, token)) < 0)
		errx(1, "%s: %s", arch, strerror(-r));
	return ctx;
}

/*
 * Numbers are the host's here: libseccomp translates them, and leaves out
 * what the target does not have (fork, poll and readlink on aarch64).
 */
static void
allow(scmp_filter_ctx ctx, const char *path)
{
	char line[256], name[NAME_MAX_LENGTH], rest[2];
	FILE *f;
	int nr, r, n = 0;

	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	while (n++, fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		r = sscanf(line, "%63s %1s", name, rest);
		if (r == EOF)
			continue;
		if (r != 1)
			errx(1, "%s:%d: one name a line", path, n);
		if ((nr = seccomp_syscall_resolve_name(name)) ==
		    __NR_SCMP_ERROR)
			errx(1, "%s:%d: no such system call: %s", path, n,
			    name);
		if ((r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0)) < 0)
			errx(1, "%s:%d: %s: %s", path, n, name, strerror(-r));
	}
	if (ferror(f))
		err(1, "%s", path);
	(void)fclose(f);
}

/*
 * With the filter of another architecture every call of PID 1 would fail: no
 * compiler shall take it.
 */
static void
print_guard(const char *arch)
{
	uint32_t token = arch == NULL ? seccomp_arch_native() :
					seccomp_arch_resolve_name(arch);
	const char *macro = token == SCMP_ARCH_X86_64 ? "__x86_64__" :
	    token == SCMP_ARCH_AARCH64		      ? "__aarch64__" :
	    token == SCMP_ARCH_ARM		      ? "__arm__" :
	    token == SCMP_ARCH_X86		      ? "__i386__" :
	    token == SCMP_ARCH_PPC64LE		      ? "__powerpc64__" :
	    token == SCMP_ARCH_S390X		      ? "__s390x__" :
							NULL;

	if (macro != NULL)
		printf("#ifndef %s\n"
		       "#error \"a filter for another architecture\"\n"
		       "#endif\n",
		    macro);
}

/* Exported is what the target's memory would have. */
static struct sock_filter
as_number(struct sock_filter i, uint32_t token)
{
	if (((token & __AUDIT_ARCH_LE) != 0) ==
	    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__))
		return i;
	i.code = __builtin_bswap16(i.code);
	i.k = __builtin_bswap32(i.k);
	return i;
}

static void
print(scmp_filter_ctx ctx, const char *arch)
{
	uint32_t token = arch == NULL ? seccomp_arch_native() :
					seccomp_arch_resolve_name(arch);
	struct sock_filter i;
	ssize_t n;
	int fd, r;

	if ((fd = memfd_create("filter", MFD_CLOEXEC)) < 0)
		err(1, "memfd_create");
	if ((r = seccomp_export_bpf(ctx, fd)) < 0)
		errx(1, "seccomp_export_bpf: %s", strerror(-r));
	if (lseek(fd, 0, SEEK_SET) < 0)
		err(1, "lseek");

	puts("/* Written by tools/seccomp-filter from init/seccomp.allow. */");
	print_guard(arch);
	puts("#include <linux/filter.h>\n");
	puts("static const struct sock_filter seccomp_filter[] = {");
	while ((n = read(fd, &i, sizeof i)) == (ssize_t)sizeof i) {
		i = as_number(i, token);
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", i.code, i.jt, i.jf,
		    i.k);
	}
	if (n != 0)
		err(1, "read");
	puts("};");
	if (fflush(stdout) != 0)
		err(1, "standard output");
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx ctx;

	if (argc != 2 && argc != 3)
		errx(2, "usage: seccomp-filter allow-list [arch]");
	ctx = new_filter(argv[2]);
	allow(ctx, argv[1]);
	print(ctx, argv[2]);
	seccomp_release(ctx);
	return 0;
}
