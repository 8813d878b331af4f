# fini: one static binary, linked with musl. `make help` lists the targets.

VERSION = 0.1.0
PREFIX  = /usr/local
JOBS    = $(shell nproc)
LIMIT   = $(LIMIT_$(ARCH))
LIMIT_x86_64  = 96512
LIMIT_aarch64 = 112128

# HOSTCC links, and makes what runs here; CC compiles for musl. On a musl
# distribution they are the same compiler.
HOSTCC  = cc
CC      = $(if $(findstring musl,$(MACHINE)),$(HOSTCC),musl-gcc)
MACHINE := $(shell $(HOSTCC) -dumpmachine)
ARCH    := $(firstword $(subst -, ,$(MACHINE)))
MUSL    = $(if $(findstring musl,$(MACHINE)),/usr/lib,/usr/lib/$(MUSLNAME))
MUSLNAME = $(or $(MUSLNAME_$(ARCH)),$(ARCH)-linux-musl)
MUSLNAME_arm  = arm-linux-musleabihf
MUSLNAME_i686 = i386-linux-musl
# Of the kernel's headers that are the architecture's.
HEADERS = $(or $(HEADERS_$(ARCH)),$(ARCH)-linux-gnu)
HEADERS_arm  = arm-linux-gnueabihf
HEADERS_i686 = i386-linux-gnu

# clang has no wrapper as musl-gcc is one: `make CC=clang`, `make lint`.
CLANG  = --target=$(ARCH)-linux-musl -nostdinc -isystem \
	$(if $(findstring musl,$(MACHINE)),/usr/include,/usr/include/$(MUSLNAME))
MUSLCC = $(CC) $(if $(findstring clang,$(CC)),$(CLANG),$(TARGET_$(ARCH)))
# Atomics that look for the best instructions at run time want a function of
# glibc's.
TARGET_aarch64 = -mno-outline-atomics

WARN   = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
DEFS   = -D_GNU_SOURCE -DFINI_VERSION='"$(VERSION)"' -I. -Ibuild
SYSINC = -isystem build/libcap/include -isystem build/kernel-headers
# -Oz is 1.2 KB less than -Os, and nothing here has to be fast but the kernel.
CODEGEN = -Oz -fPIE -ffunction-sections -fdata-sections -fno-stack-protector \
	$(NO_UNWIND) -ffile-prefix-map=$(CURDIR)=.
NO_UNWIND = -fno-asynchronous-unwind-tables -fno-unwind-tables
# 2 KB less; clang's would want its own linker.
LTO = $(if $(findstring clang,$(CC)),,-flto)
CFLAGS = -std=c11 $(WARN) $(CODEGEN) -g \
	$(if $(filter $<,$(PROTECTED)),-fstack-protector-strong,$(LTO))

# What main and its servers have written lands in buffers of these files: stack
# canaries, which cost 4 KB everywhere. Never with LTO: it inlines across files,
# and the canary is lost with the function that had it (tools/check-canaries).
PROTECTED = init/cli/environment.c init/cli/options.c init/event.c \
	init/report.c init/words.c src/base/log.c src/fuse/answer.c \
	src/fuse/fusectl.c src/fuse/image.c src/fuse/stuck.c src/fuse/unmount.c \
	src/fuse/walk.c src/proc/fdinfo.c \
	src/proc/mountinfo.c src/proc/process.c src/proc/procfs.c \
	src/proc/socket_peer.c src/proc/task.c

# `musl-gcc -static-pie` silently makes a dynamic one: hence the start files
# by name, -z text, and tools/check-static. noseparate-code saves 10 KB of
# padding. relro would cost a page and protect nothing: in a static program
# it would be musl's start code that applies it, and it does not (1.2.3).
# With larger "common" pages the linker pads up to a page wherever that saves a
# page of memory; those that must not be shared are aligned for max-page-size.
LDFLAGS = -nostdlib -nostartfiles -static-pie -Wl,--gc-sections $(NO_UNWIND) \
	-Wl,-z,text,-z,now,-z,norelro,-z,noexecstack,-z,noseparate-code \
	-Wl,-z,common-page-size=64,--build-id=none $(LDFLAGS_$(ARCH))
# The Cortex-A53's erratum: where a stub is the way round it, it takes 4 KB. In
# a program of less than 1 MB there is always the other way, adr for adrp.
LDFLAGS_aarch64 = -Wl,--fix-cortex-a53-843419=adr
# gcc for arm takes a static PIE for one that is not static.
LDFLAGS_arm = -Wl,-Bstatic,--no-dynamic-linker

SRCS   := $(sort $(wildcard init/*.c init/*/*.c src/*/*.c))
DOCTOR := $(sort $(wildcard doctor/*.c))

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS) --no-print-directory
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all help check unit model system engines lint demo bench data-table \
	architecture size install dist deb packages-check clean setup FORCE

all: build/fini build/fini-doctor

help:
	@echo 'all      build/fini and build/fini-doctor (default)'
	@echo 'demo     the hang under tini, and fini beside it'
	@echo 'check    unit, model, system: everything that can be tested here'
	@echo 'engines  fini in docker, podman, containerd and runc'
	@echo 'engines-v2  the same in a virtual machine with cgroup v2'
	@echo 'bench    fini beside other inits, into docs/measured.md'
	@echo 'data-table  what arrives from real daemons, into docs/data.md'
	@echo 'kernels  the hang on Debian kernels, into docs/kernels.md'
	@echo 'lint     includes, clang, clang-format, cppcheck, shellcheck, mandoc'
	@echo 'architecture  into docs/architecture.svg'
	@echo 'size     of build/fini, by parts; more than $(LIMIT) bytes is an error'
	@echo 'size-arm64  the same for arm64: $(LIMIT_aarch64)'
	@echo 'ports    fini for $(PORTS), in build/NAME/fini'
	@echo 'install  into $$(DESTDIR)$$(PREFIX), now $(DESTDIR)$(PREFIX)'
	@echo 'dist     a tar.gz of the sources and the program, the same from everywhere'
	@echo 'deb      a Debian package'
	@echo 'packages-check  install, dist, deb, the image and deploy/ are tested'
	@echo 'clean    remove build/'

# The program ----------------------------------------------------------------

define compile
	@echo '  compile $<'
	@mkdir -p $(@D)
	@$(MUSLCC) $(DEFS) $(SYSINC) $(CFLAGS) -MMD -MP -c -o $@ $<
endef
# With its symbols it is for gdb, tools/check-canaries and tools/size.
# PROGRAM: HAVE_CANARIES, of PROTECTED, is what must have kept them.
define link
	@echo '  link    $@'
	@$(HOSTCC) $(LDFLAGS) $(LTO:%=%-partition=one) -o $@.debug $(MUSL)/rcrt1.o $(MUSL)/crti.o \
		$(filter %.o %/libcap.a,$^) $(MUSL)/libc.a \
		"$$($(HOSTCC) -print-libgcc-file-name)" $(MUSL)/crtn.o
	@OBJDUMP=$(CROSS)objdump tools/check-canaries $@.debug \
		$(filter $(foreach f,$(HAVE_CANARIES:.c=.o),%.o/$f),$^)
	@$(CROSS)strip -s -R .comment -o $@ $@.debug
	@chmod 755 $@
	@tools/check-static $@
endef
CHECKS = tools/check-static tools/check-canaries
MADE = build/libcap/libcap.a build/kernel-headers build/seccomp_filter.h \
	build/license.h

build/fini build/fini-no-fdinfo: HAVE_CANARIES = $(PROTECTED)
build/fini: $(SRCS:%.c=build/fini.o/%.o) $(PROTECTED:%.c=build/fini.o/%.o) \
		build/libcap/libcap.a $(CHECKS)
	$(link)
build/fini.o/%.o: %.c Makefile | $(MADE)
	$(compile)

# On the host, where 50 KB more do not matter: stdio, and every file protected.
# Of what it does not call of a file of src/, nothing is left to be checked.
OF_DOCTOR = $(addprefix src/,$(addsuffix .c,base/bytes base/child base/clock base/duration \
	base/events base/fd base/numbers base/pidfd base/signals base/text \
	fuse/fusectl proc/fdinfo proc/mountinfo proc/owner proc/private_mount \
	proc/process proc/procfs proc/task))
build/fini-doctor: HAVE_CANARIES = $(addprefix doctor/,container.c drives.c \
	files.c look.c show.c tasks.c threads.c watch.c)
build/fini-doctor: $(patsubst %.c,build/doctor.o/%.o,$(DOCTOR) $(OF_DOCTOR)) $(CHECKS)
	$(link)
build/doctor.o/%.o: PROTECTED = $<
build/doctor.o/%.o: %.c Makefile | $(MADE)
	$(compile)

# As on kernels before 6.16, whose fdinfo does not name the connection.
build/fini-no-fdinfo: $(SRCS:%.c=build/no-fdinfo.o/%.o) build/libcap/libcap.a \
		$(CHECKS)
	$(link)
build/no-fdinfo.o/%.o: %.c Makefile | $(MADE)
	$(compile)
build/no-fdinfo.o/%.o: DEFS += -DFINI_NO_FDINFO

# Only the file that prints the commit is compiled again when it changes. It
# has a fixed length, since git's own choice depends on what a clone has. Where
# there is no git, COMMIT says it, or the file .commit that `make dist` packs.
build/%.o/init/cli/fini.o: DEFS += -DFINI_COMMIT='"$(shell cat build/commit)"'
build/fini.o/init/cli/fini.o build/no-fdinfo.o/init/cli/fini.o \
build/unit.o/init/cli/fini.o: build/commit
build/commit: FORCE
	@mkdir -p $(@D)
	@{ { test -n '$(COMMIT)' && echo '$(COMMIT)'; } || \
		{ test -e .git && git rev-parse --short=10 HEAD; } || \
		cat .commit || echo unknown; } 2>/dev/null >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

build/license.h: LICENSE
	@mkdir -p $(@D)
	@sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@

size: build/fini
	@tools/size $< build/libcap/libcap.a $(LIMIT)

install: build/fini build/fini-doctor
	install -D -m 755 build/fini $(DESTDIR)$(PREFIX)/sbin/fini
	install -D -m 755 build/fini-doctor $(DESTDIR)$(PREFIX)/sbin/fini-doctor
	install -D -m 644 man/fini.8 $(DESTDIR)$(PREFIX)/share/man/man8/fini.8
	install -D -m 644 man/fini-doctor.8 $(DESTDIR)$(PREFIX)/share/man/man8/fini-doctor.8

clean:
	rm -rf build

# What comes from elsewhere --------------------------------------------------

setup:
	@$(if $(filter engines,$(MAKECMDGOALS)),tools/daemons note build/daemons)
	@tools/need $(sort $(NEED))

build/libcap/libcap.a: tools/libcap | setup
	@CC='$(MUSLCC)' HOSTCC='$(HOSTCC)' CFLAGS='$(CODEGEN)' tools/libcap build

# musl-gcc sees musl's headers only: the kernel's too, but not glibc's beside
# them.
build/kernel-headers: | setup
	@mkdir -p $@
	@for d in linux asm asm-generic; do \
		for i in /usr/include /usr/include/$(HEADERS); do \
			test ! -d $$i/$$d || ln -sfn $$i/$$d $@/$$d; \
		done; done

build/seccomp_filter.h: init/seccomp.allow build/seccomp-filter
	@echo '  filter  $@'
	@build/seccomp-filter $< $(SECCOMP_ARCH) >$@.new
	@mv $@.new $@
build/seccomp-filter: tools/seccomp-filter.c | setup
	@mkdir -p $(@D)
	@$(HOSTCC) -std=c11 -O1 $(WARN) -D_GNU_SOURCE -o $@ $< -lseccomp

include tools/need.mk
include tools/tests.mk
include tools/ports.mk
include tools/kernels.mk
include tools/packages.mk
include tools/v2.mk
-include $(wildcard build/*.o/*/*.d build/*.o/*/*/*.d build/*.o/*/*/*/*.d)
