# The engine suite in a virtual machine with cgroup v2, systemd and AppArmor, as
# on most machines that run containers (tests/v2/run).

# Which of its tests; the quick ones are those that say something else there.
V2_TESTS = tests/engines
V2_QUICK = test_crun test_docker_everybody test_docker_privileged test_podman_paused

NEED_engines-v2 = $(NEED_demo) debian-archive-keyring e2fsprogs mmdebstrap \
	protobuf-compiler python3-protobuf qemu-system-x86
NEED_engines-v2-quick = $(NEED_engines-v2)

SCRIPTS += tests/v2/inside

.PHONY: engines-v2 engines-v2-quick
engines-v2: build/v2/root.img build/fini build/tests/ndrive build/tests/client
	@TEST_RUNS=$${TEST_RUNS:-1} tests/v2/run $(V2_TESTS)

# For CI: a part.
engines-v2-quick:
	@$(MAKE) engines-v2 V2_TESTS='$(V2_QUICK:%=tests/engines/%.py)'

# What is installed there: what the suite needs here, a kernel, and systemd.
V2_PACKAGES = $(sort $(NEED_engines) apparmor dbus kmod systemd-sysv udev \
	linux-image-cloud-$(V2_ARCH))
V2_ARCH = $(shell dpkg --print-architecture)
comma := ,
space := $() $()
build/v2/root.img: tools/v2.mk tools/need.mk | setup
	@echo '  debian  $@ (one to two minutes)'
	@rm -rf build/v2/root $@.new
	@tools/debs build/v2/lists $(V2_ARCH) update $(SUITES)
	@mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
		--include=$(subst $(space),$(comma),$(V2_PACKAGES)) \
		"$$(. /etc/os-release && echo "$$VERSION_CODENAME")" \
		build/v2/root build/v2/lists/sources.list
	@cp build/v2/root/boot/vmlinuz-* build/v2/vmlinuz
	@cp build/v2/root/boot/initrd.img-* build/v2/initrd
	@mke2fs -q -t ext4 -L root -d build/v2/root $@.new 4G >/dev/null
	@rm -rf build/v2/root
	@mv $@.new $@
