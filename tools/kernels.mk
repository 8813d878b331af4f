# The hang scenes on Debian's kernels, in virtual machines (tests/kernels/run).

# Series that Debian has, or `newest`; /arm64 may follow: KERNELS="6.1 7.3".
KERNELS ?= 5.10 6.1 6.12 6.16 6.17 6.18 7.0 newest 6.1/arm64 newest/arm64
QUICK   = 5.10 6.12 newest
RUNS    = 5
NEED_kernels = debian-archive-keyring libfuse3-dev libseccomp-dev pkg-config python3 python3-pytest \
	qemu-system-x86 util-linux $(if $(findstring arm64,$(GUESTS)),$(NEED_arm64) \
	qemu-system-arm)

SCRIPTS += tools/debs

GUESTS = amd64 $(if $(findstring /arm64,$(KERNELS)),arm64)
GUEST_COMPILED = client execer guest launch ndrive rawfuse
GUEST_PROGRAMS = $(GUEST_COMPILED) busybox fini tini

.PHONY: kernels kernels-quick
kernels: $(foreach a,$(GUESTS),$(GUEST_PROGRAMS:%=build/kernels/$a/bin/%)) \
		$(if $(filter arm64,$(GUESTS)),size-arm64)
	@tests/kernels/run --runs $(RUNS) $(KERNELS_DOCUMENT) $(KERNELS)
# A part of them is no table for the documents.
KERNELS_DOCUMENT = $(if $(filter file,$(origin KERNELS)),--document docs/kernels.md)

# For CI: three kernels, once.
kernels-quick:
	@$(MAKE) kernels KERNELS='$(QUICK)' RUNS=1

# What runs in them ------------------------------------------------------------

build/kernels/%/root: | setup
	@echo '  fetch   busybox, tini and libraries for $*'
	@tools/debs build/kernels/lists/$* $* update $(SUITES)
	@tools/debs build/kernels/lists/$* $* unpack $@ busybox-static tini \
		libfuse3-dev libseccomp-dev linux-libc-dev musl-dev

build/kernels/%/bin/busybox: | build/kernels/%/root
	@mkdir -p $(@D)
	@cp build/kernels/$*/root/bin/busybox $@
build/kernels/%/bin/tini: | build/kernels/%/root
	@mkdir -p $(@D)
	@cp build/kernels/$*/root/usr/bin/tini-static $@
build/kernels/arm64/bin/fini: build/arm64/fini
	@mkdir -p $(@D)
	@cp $< $@
build/kernels/amd64/bin/fini: build/fini
	@mkdir -p $(@D)
	@cp $< $@

# Static, with the libc of the host or of gcc-aarch64-linux-gnu. libfuse3 can
# load modules, which a static program had better not: the linker says so.
GUEST_CC = -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -static
GUEST_LIBS = -lfuse3 -lseccomp -pthread -ldl -Wl,--no-warnings
.SECONDEXPANSION:
GUEST_SOURCES = $(wildcard tests/daemons/$1.c tests/daemons/$1/*.[ch] \
	tests/system/$1.c tests/system/$1/*.[ch] tests/kernels/$1/*.[ch])
$(GUEST_COMPILED:%=build/kernels/amd64/bin/%): build/kernels/amd64/bin/%: \
		$$(call GUEST_SOURCES,$$*) | setup
	@echo '  compile $@'
	@mkdir -p $(@D)
	@$(HOSTCC) $(GUEST_CC) $$(pkg-config --cflags fuse3) -o $@ \
		$(filter %.c,$^) $(GUEST_LIBS)
$(GUEST_COMPILED:%=build/kernels/arm64/bin/%): build/kernels/arm64/bin/%: \
		$$(call GUEST_SOURCES,$$*) | build/kernels/arm64/root
	@echo '  compile $@'
	@mkdir -p $(@D)
	@aarch64-linux-gnu-gcc $(GUEST_CC) \
		-idirafter build/kernels/arm64/root/usr/include \
		-Ibuild/kernels/arm64/root/usr/include/fuse3 \
		-Lbuild/kernels/arm64/root/usr/lib/aarch64-linux-gnu -o $@ \
		$(filter %.c,$^) $(GUEST_LIBS)
