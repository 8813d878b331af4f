# What leaves this directory: a tar.gz, a Debian package.

RELEASE = fini-$(VERSION)
# A commit's tree has only files that are committed, and its time for a time.
ARCHIVE = git -c tar.umask=0022 archive --format=tar --prefix=$(RELEASE)/ \
	--add-virtual-file=$(RELEASE)/.commit:"$$(cat build/commit)" HEAD

# The program is made anew, from the tar.gz: it is what that makes everywhere.
# The same packages give the same bytes, whatever the folder, the time, the
# umask, the locale and the time zone.
dist: build/commit | setup
	@test -e .git || { echo 'dist: no git repository' >&2; exit 1; }
	@git diff --quiet HEAD || \
		echo 'dist: without what is not committed' >&2
	@rm -rf build/dist build/dist.new
	@mkdir -p build/dist.new
	@$(ARCHIVE) | gzip -9n >build/dist.new/$(RELEASE).tar.gz
	@tar -xzf build/dist.new/$(RELEASE).tar.gz -C build/dist.new
	@env -u MAKELEVEL -u MAKEFLAGS $(MAKE) -C build/dist.new/$(RELEASE) size
	@install -m 755 build/dist.new/$(RELEASE)/build/fini \
		build/dist.new/$(RELEASE)-$(ARCH)
	@rm -rf build/dist.new/$(RELEASE)
	@cd build/dist.new && sha256sum $(RELEASE)* >SHA256SUMS
	@mv build/dist.new build/dist
	@cat build/dist/SHA256SUMS

# dpkg-buildpackage writes beside its directory: it gets a copy, in build/.
deb: build/commit | setup
	@rm -rf build/deb build/fini_*.deb
	@mkdir -p build/deb/$(RELEASE)
	@tar -cf - --exclude=./build --exclude=./.git --exclude=__pycache__ . | \
		tar -xf - -C build/deb/$(RELEASE)
	@cp build/commit build/deb/$(RELEASE)/.commit
	@echo '  dpkg-buildpackage'
	@cd build/deb/$(RELEASE) && env -u MAKELEVEL -u MAKEFLAGS -u MFLAGS \
		dpkg-buildpackage -us -uc >../log 2>&1 || { tail -n 30 ../log; exit 1; }
	@cp build/deb/fini_$(VERSION)_*.deb build
	@ls build/fini_$(VERSION)_*.deb

# Engines in a place of their own: the machine's are left alone.
packages-check: build/fini | setup
	@echo 'packages: three at a time, some minutes'
	@PYTHONPYCACHEPREFIX=build/pycache /usr/bin/python3 -m pytest -q -rfEs \
		-o cache_dir=build/pytest -n 3 --dist loadfile tests/packages

SCRIPTS += tests/packages/place deploy/drained
