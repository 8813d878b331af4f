# What the Makefile tests with: unit, model, system, demo and lint.

# The unit tests: the same sources, but the host's libc and its sanitizers.
UNIT = -std=c11 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all

# Memory there is the sanitizer's.
PARTS    = $(filter-out init/main.c src/base/arena.c,$(SRCS))
UNITS   := $(patsubst tests/%.c,build/%,$(wildcard tests/unit/*_test.c))
# tests/daemons/NAME.c or all of tests/daemons/NAME/, tests/system/NAME.c
HELPERS := $(patsubst %,build/tests/%,$(basename $(notdir \
	$(wildcard tests/daemons/*.c tests/system/*.c) \
	$(patsubst %/,%,$(sort $(dir $(wildcard tests/daemons/*/*.c \
	tests/system/*/*.c)))))))
STYLED  := $(wildcard $(addsuffix /*.[ch],doctor init init/* src/* tools tests/* \
	tests/*/*))
SCRIPTS := $(wildcard tools/check-canaries tools/check-static tools/daemons \
	tools/libcap tools/need tools/size .ci/run tests/model/check)

check:
	@$(MAKE) unit
	@$(MAKE) model
	@$(MAKE) system

unit: $(UNITS)
	@echo 'unit: $(words $^) programs'
	@failed=0; for t in $^; do \
		if $$t >$$t.log 2>&1; then \
			sed -n "s|.*PASSED *] \(.*\)|unit: $${t##*/}: \1 passed|p" $$t.log; \
		else \
			cat $$t.log; echo "unit: $${t##*/}: FAILED"; failed=1; \
		fi; done; exit $$failed

build/unit/%: build/unit.o/tests/unit/%.o $(PARTS:%.c=build/unit.o/%.o)
	@echo '  link    $@'
	@mkdir -p $(@D)
	@$(HOSTCC) $(UNIT) -o $@ $^ -lcmocka -lcap
# The doctor has names of its own that init has, too.
DOCTORS = $(filter-out doctor/main.c,$(DOCTOR)) $(OF_DOCTOR)
build/unit/doctor_%: build/unit.o/tests/unit/doctor_%.o $(DOCTORS:%.c=build/unit.o/%.o)
	@echo '  link    $@'
	@mkdir -p $(@D)
	@$(HOSTCC) $(UNIT) -o $@ $^ -lcmocka
# The whole of it with the sanitizers, for hostile scenes.
build/fini-doctor-sane: $(DOCTOR:%.c=build/unit.o/%.o) $(OF_DOCTOR:%.c=build/unit.o/%.o)
	@echo '  link    $@'
	@$(HOSTCC) $(UNIT) -o $@ $^
build/unit.o/%.o: %.c Makefile tools/tests.mk | build/seccomp_filter.h build/license.h
	@echo '  compile $< (unit)'
	@mkdir -p $(@D)
	@$(HOSTCC) $(DEFS) $(UNIT) -MMD -MP -c -o $@ $<

# Every run of a model of the guardian, and of variants that must fail.
model: | setup
	@echo 'model: about half a minute'
	@tests/model/check

# Debian's python explicitly: the first one in PATH may not have its pytest.
system: build/fini build/fini-no-fdinfo build/fini-doctor \
		build/fini-doctor-sane $(HELPERS)
	@echo 'system: $(JOBS) at a time'
	@PYTHONPYCACHEPREFIX=build/pycache /usr/bin/python3 -m pytest -q -rfEs \
		-o cache_dir=build/pytest -n $(JOBS) tests/system

# In real engines, each with daemons, directories and cgroups of its own.
engines: build/fini build/fini-doctor build/tests/ndrive build/tests/client
	@tools/daemons stop build/daemons
	@PYTHONPYCACHEPREFIX=build/pycache /usr/bin/python3 -m pytest -q -rfEs \
		-o cache_dir=build/pytest -n 2 --dist loadgroup tests/engines

# Side by side with the inits that are installed; writes docs/measured.md.
bench: build/fini build/fini-doctor $(addprefix build/tests/,client launch ndrive rawfuse)
	@/usr/bin/python3 tests/bench/run
	@/usr/bin/python3 tests/bench/doctor

# Stops real daemons under each init; writes docs/data.md. DATA_MB=10 is quicker.
data-table: build/fini build/tests/launch
	@/usr/bin/python3 tests/data/table

# Draws docs/architecture.svg by the #include lines.
architecture: | setup
	@tools/floors draw

demo: build/fini $(addprefix build/tests/,client launch ndrive)
	@tests/demo/demo

.SECONDEXPANSION:
build/tests/%: $$(wildcard tests/system/*.h tests/daemons/$$*.[ch] tests/daemons/$$*/*.[ch] \
		tests/system/$$*.[ch] tests/system/$$*/*.[ch]) | setup
	@echo '  compile $@'
	@mkdir -p $(@D)
	@$(HOSTCC) -std=c11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -o $@ \
		$(filter %.c,$^) $$(pkg-config --cflags --libs fuse3) -lseccomp -pthread

LINT = clang $(CLANG) -fsyntax-only -std=c11 $(WARN) $(DEFS) $(SYSINC) \
	-DFINI_COMMIT='""'
lint: | $(MADE)
	@echo 'lint: floors'
	@tools/floors check
	@tools/floors drawn
	@echo 'lint: clang'
	@$(LINT) $(SRCS) $(DOCTOR)
	@$(LINT) -DFINI_NO_FDINFO $(SRCS)
	@echo 'lint: clang-format'
	@clang-format --dry-run -Werror $(STYLED)
	@echo 'lint: cppcheck'
	@cppcheck -q --std=c11 --enable=warning,performance,portability \
		--error-exitcode=1 -I. -D_GNU_SOURCE $(SRCS) $(DOCTOR)
	@echo 'lint: python3, shellcheck, mandoc'
	@{ grep -rl '^#!/usr/bin/python3' tests tools docs; \
		find tests tools docs -name '*.py'; } | \
		xargs /usr/bin/python3 -c \
		'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]'
	@shellcheck $(SCRIPTS)
	@for m in man/*.8; do mandoc -T lint -W warning $$m || exit 1; done
