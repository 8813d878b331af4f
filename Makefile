# fini: one static binary, linked with musl. `make help` lists the targets.

VERSION = 0.1.0
PREFIX  = /usr/local
JOBS    = $(shell nproc)
LIMIT   = 98304

# HOSTCC links, and makes what runs here; CC compiles for musl. On a musl
# distribution they are the same compiler.
HOSTCC  = cc
CC      = $(if $(findstring musl,$(MACHINE)),$(HOSTCC),musl-gcc)
MACHINE := $(shell $(HOSTCC) -dumpmachine)
ARCH    := $(firstword $(subst -, ,$(MACHINE)))
MUSL    = $(if $(findstring musl,$(MACHINE)),/usr/lib,/usr/lib/$(ARCH)-linux-musl)

# clang has no wrapper as musl-gcc is one: `make CC=clang`, `make lint`.
CLANG  = --target=$(ARCH)-linux-musl -nostdinc -isystem \
	$(if $(findstring musl,$(MACHINE)),/usr/include,/usr/include/$(ARCH)-linux-musl)
MUSLCC = $(CC) $(if $(findstring clang,$(CC)),$(CLANG))

WARN   = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
DEFS   = -D_GNU_SOURCE -DFINI_VERSION='"$(VERSION)"' -I. -Ibuild
SYSINC = -isystem build/libcap/include -isystem build/kernel-headers
CODEGEN = -Os -fPIE -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fstack-protector-strong \
	-ffile-prefix-map=$(CURDIR)=.
# 2 KB less; clang's would want its own linker.
LTO = $(if $(findstring clang,$(CC)),,-flto)
CFLAGS = -std=c11 $(WARN) $(CODEGEN) $(LTO)

# `musl-gcc -static-pie` silently makes a dynamic one: hence the start files
# by name, -z text, and tools/check-static. noseparate-code saves 10 KB of
# padding. relro would cost a page and protect nothing: in a static program
# it would be musl's start code that applies it, and it does not (1.2.3).
LDFLAGS = -nostdlib -nostartfiles -static-pie -s -Wl,--gc-sections \
	-Wl,-z,text,-z,now,-z,norelro,-z,noexecstack,-z,noseparate-code \
	-Wl,--build-id=none

SRCS := $(sort $(wildcard init/*.c src/*.c))

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS) --no-print-directory
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all help check unit model system engines lint demo bench data-table \
	size install dist deb packages-check clean setup FORCE

all: build/fini

help:
	@echo 'all      build/fini (default)'
	@echo 'demo     the hang under tini, and fini beside it'
	@echo 'check    unit, model, system: everything that can be tested here'
	@echo 'engines  fini in docker, podman, containerd and runc'
	@echo 'engines-v2  the same in a virtual machine with cgroup v2'
	@echo 'bench    fini beside other inits, into docs/measured.md'
	@echo 'data-table  what arrives from real daemons, into docs/data.md'
	@echo 'kernels  the hang on Debian kernels, into docs/kernels.md'
	@echo 'lint     clang, clang-format, cppcheck, shellcheck, mandoc'
	@echo 'size     of build/fini; more than $(LIMIT) bytes is an error'
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
define link
	@echo '  link    $@'
	@$(HOSTCC) $(LDFLAGS) -o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o \
		$(filter %.o %/libcap.a,$^) $(MUSL)/libc.a \
		"$$($(HOSTCC) -print-libgcc-file-name)" $(MUSL)/crtn.o
	@tools/check-static $@
endef
MADE = build/libcap/libcap.a build/kernel-headers build/seccomp_filter.h \
	build/license.h

build/fini: $(SRCS:%.c=build/fini.o/%.o) build/libcap/libcap.a tools/check-static
	$(link)
build/fini.o/%.o: %.c Makefile | $(MADE)
	$(compile)

# As on kernels before 6.16, whose fdinfo does not name the connection.
build/fini-no-fdinfo: $(SRCS:%.c=build/no-fdinfo.o/%.o) build/libcap/libcap.a \
		tools/check-static
	$(link)
build/no-fdinfo.o/%.o: %.c Makefile | $(MADE)
	$(compile)
build/no-fdinfo.o/%.o: DEFS += -DFINI_NO_FDINFO

# Only the file that prints the commit is compiled again when it changes. It
# has a fixed length, since git's own choice depends on what a clone has. Where
# there is no git, COMMIT says it, or the file .commit that `make dist` packs.
build/%.o/init/help.o: DEFS += -DFINI_COMMIT='"$(shell cat build/commit)"'
build/fini.o/init/help.o build/no-fdinfo.o/init/help.o \
build/unit.o/init/help.o: build/commit
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
	@size -A $< | awk 'NR == 2 || $$2 > 0'
	@stat -c '%n: %s bytes of $(LIMIT)' $<
	@test "$$(stat -c %s $<)" -le $(LIMIT)

install: build/fini
	install -D -m 755 build/fini $(DESTDIR)$(PREFIX)/sbin/fini
	install -D -m 644 man/fini.8 $(DESTDIR)$(PREFIX)/share/man/man8/fini.8

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
		for i in /usr/include /usr/include/$(ARCH)-linux-gnu; do \
			test ! -d $$i/$$d || ln -sfn $$i/$$d $@/$$d; \
		done; done

build/seccomp_filter.h: src/seccomp.allow build/seccomp-filter
	@echo '  filter  $@'
	@build/seccomp-filter $< $(SECCOMP_ARCH) >$@.new
	@mv $@.new $@
build/seccomp-filter: tools/seccomp-filter.c | setup
	@mkdir -p $(@D)
	@$(HOSTCC) -std=c11 -O1 $(WARN) -D_GNU_SOURCE -o $@ $< -lseccomp

include tools/need.mk
include tools/tests.mk
include tools/kernels.mk
include tools/packages.mk
include tools/v2.mk
-include $(wildcard build/*.o/*/*.d build/*.o/*/*/*.d)
