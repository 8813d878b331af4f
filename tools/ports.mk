# fini for other architectures, from any: Debian's names, `make build/armhf/fini`.

PORTS = arm64 armhf i386 ppc64el s390x

# What compilers and libseccomp call them; the Makefile has musl's names, by the
# first part of the compiler's.
TRIPLET_arm64   = aarch64-linux-gnu
TRIPLET_armhf   = arm-linux-gnueabihf
TRIPLET_i386    = i686-linux-gnu
TRIPLET_ppc64el = powerpc64le-linux-gnu
TRIPLET_s390x   = s390x-linux-gnu
SECCOMP_arm64   = aarch64
SECCOMP_armhf   = arm
SECCOMP_i386    = x86
SECCOMP_ppc64el = ppc64le
SECCOMP_s390x   = s390x

SUITES = $(shell . /etc/os-release && \
	echo $$VERSION_CODENAME $$VERSION_CODENAME-security)

build/%/root: | setup
	@echo '  fetch   musl and the kernel headers for $*'
	@tools/debs build/$*/lists $* update $(SUITES)
	@tools/debs build/$*/lists $* unpack $@ linux-libc-dev musl-dev

# Its own filter is found before build/seccomp_filter.h.
# Of Debian's name and the compiler's.
define port
NEED_$1 = $(patsubst %,gcc-%,$(subst _,-,$(TRIPLET_$1))) libc6-dev-$1-cross
NEED_size-$1 = $$(NEED_$1)
NEED_PORTS += $$(if $$(filter build/$1/%,$$(MAKECMDGOALS)),$$(NEED_$1))
MUSLNAME_$1 = $(or $(MUSLNAME_$2),$2-linux-musl)
CC_$1 = $(TRIPLET_$1)-gcc $(TARGET_$2) -Ibuild/$1 -nostdinc \
	-isystem $(CURDIR)/build/$1/root/usr/include/$$(MUSLNAME_$1)

build/$1/% size-$1: private ARCH = $2
build/$1/% size-$1: private CROSS = $(TRIPLET_$1)-
build/$1/%: private HOSTCC = $(TRIPLET_$1)-gcc
build/$1/%: private MUSLCC = $$(CC_$1)
build/$1/%: private MUSL = build/$1/root/usr/lib/$$(MUSLNAME_$1)
build/$1/%: private SYSINC = -isystem build/$1/libcap/include \
	-isystem build/$1/kernel-headers

build/$1/fini: private HAVE_CANARIES = $(PROTECTED)
build/$1/fini: $(SRCS:%.c=build/$1/fini.o/%.o) build/$1/libcap/libcap.a \
		$(CHECKS)
	$$(link)
build/$1/fini.o/%.o: %.c Makefile tools/ports.mk | build/$1/libcap/libcap.a \
		build/$1/kernel-headers build/$1/seccomp_filter.h build/license.h
	$$(compile)
build/$1/fini.o/init/cli/fini.o: build/commit

.PHONY: size-$1
size-$1: build/$1/fini
	@CROSS=$$(CROSS) tools/size $$< build/$1/libcap/libcap.a $$(LIMIT)

build/$1/libcap/libcap.a: tools/libcap | build/$1/root
	@CROSS_COMPILE=$(TRIPLET_$1)- CC='$$(CC_$1)' HOSTCC=cc \
		CFLAGS='$$(CODEGEN)' tools/libcap build/$1
build/$1/kernel-headers: | build/$1/root
	@mkdir -p $$@
	@for d in linux asm-generic $(or $(HEADERS_$2),$2-linux-gnu)/asm; do \
		ln -sfn $(CURDIR)/build/$1/root/usr/include/$$$$d $$@; \
	done
build/$1/seccomp_filter.h: init/seccomp.allow build/seccomp-filter
	@echo '  filter  $$@'
	@mkdir -p $$(@D)
	@build/seccomp-filter $$< $(SECCOMP_$1) >$$@.new
	@mv $$@.new $$@

-include $$(wildcard build/$1/fini.o/*/*.d build/$1/fini.o/*/*/*.d)
endef
$(foreach p,$(PORTS),$(eval $(call port,$p,$(firstword $(subst -, ,$(TRIPLET_$p))))))

# Each runs, on a processor that qemu plays: it has no seccomp and no FUSE.
NEED_ports = qemu-user-static $(foreach p,$(PORTS),$(NEED_$p))
QEMU = $(patsubst x86,i386,$(SECCOMP_$p))
.PHONY: ports
ports: $(PORTS:%=build/%/fini)
	@$(foreach p,$(PORTS),qemu-$(QEMU)-static build/$p/fini sh -c 'exit 7' 2>/dev/null; \
		test $$? = 7 && echo "$p: $$(wc -c <build/$p/fini) bytes" || exit 1;)
