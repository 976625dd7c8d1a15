# SPDX-License-Identifier: GPL-2.0-or-later
# Build, test and install migtrace. `make help` lists the targets.
O ?= build
# For another machine: CROSS_COMPILE=aarch64-linux-gnu-, by Debian's multiarch packages (libvirt-dev:arm64 ...), or
# by those in a folder, SYSROOT. As build/ is for one machine, it takes another folder, too: O=build/arm64.
MACHINE := $(or $(CROSS_COMPILE:-=),$(shell uname -m)-linux-gnu)
ifdef CROSS_COMPILE
CC := $(CROSS_COMPILE)gcc $(SYSROOT:%=--sysroot=%)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	      PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(MACHINE)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
else ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
BPFTOOL ?= $(or $(wildcard /usr/sbin/bpftool),bpftool)
SAN ?= address,undefined
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wtype-limits -Wformat=2 -Wstrict-prototypes \
	    -Wmissing-prototypes -Wmissing-declarations -Wpointer-arith -Wwrite-strings \
	    -Wno-missing-field-initializers -Werror
CFLAGS ?= -O2 -g
# No path of the folder that it is built in gets into what is built: two clones make the same bytes.
HERE := -ffile-prefix-map=$(CURDIR)=.
# Assertions are on in whatever is released, too.
FLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc -Iinclude -I$(O) $(WARNINGS) -MMD -MP $(HERE) $(CPPFLAGS) $(CFLAGS) -UNDEBUG
READER_PACKAGES := liblzma zlib json-c uuid libcap-ng libseccomp
PACKAGES := libbpf libvirt libdw libelf $(READER_PACKAGES)
FLEET_PACKAGES := libcurl libmicrohttpd sqlite3 libpq libnats libcrypto $(READER_PACKAGES)
LIBRARIES = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -pthread -lm
FLEET_LIBRARIES = $(shell $(PKG_CONFIG) --libs $(FLEET_PACKAGES)) -pthread -lm
READER_LIBRARIES = $(shell $(PKG_CONFIG) --libs $(READER_PACKAGES)) -pthread -lm
# What libbpf's headers call the machine whose registers a probe sees.
BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(MACHINE)))))
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 $(HERE) -D__TARGET_ARCH_$(BPF_ARCH) -Iinclude -Ibpf \
	     -I$(SYSROOT)/usr/include/$(MACHINE) -Wall -Wextra -Wno-unused-parameter -Werror

BUILD_PACKAGES := gcc make pkg-config clang bpftool libbpf-dev libelf-dev libdw-dev libjson-c-dev uuid-dev \
		  libcap-ng-dev libseccomp-dev libvirt-dev libdebuginfod-dev liblzma-dev zlib1g-dev
# What the program for fleets takes beside.
FLEET_DEV_PACKAGES := libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev libpq-dev libnats-dev libssl-dev
LAB_PACKAGES := libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 iproute2 faketime
# What tests/matrix/build-daemons needs.
DAEMON_PACKAGES := meson ninja-build dpkg-dev libglib2.0-dev libgnutls28-dev libxml2-dev libxml2-utils libtirpc-dev \
		   rpcsvc-proto libyajl-dev xsltproc
TEST_PACKAGES := libcmocka-dev qemu-utils systemtap-sdt-dev python3 shellcheck clang-format cppcheck bpftrace debuginfod xz-utils \
		 socat openssl strace cpio git chromium chromium-driver openssh-server tmux jq python3-jsonschema libcap2-bin \
		 valgrind mandoc e2fsprogs nftables systemd postgresql prometheus prometheus-node-exporter nats-server $(DAEMON_PACKAGES) $(FLEET_DEV_PACKAGES)

# For tests with packages of npm: any node that has npm will do, and Debian's does not go beside another one.
TEST_PACKAGES += $(if $(shell command -v npm),,nodejs npm)

KERNEL_PACKAGES := busybox-static cpio kmod

SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(O)/%.o)
# A program of its own, so that who records is not linked with what a fleet takes.
FLEET_OBJECTS := $(filter $(O)/src/fleet/% $(O)/src/ship/% $(O)/src/collect/%,$(OBJECTS)) \
		 $(addprefix $(O)/src/cmd/,ship.o collect.o judge.o)
CORE := $(wildcard src/core/*/*.c)
MAKE_ALL := $(MAKE) --no-print-directory -j$(shell nproc)
# Root builds nothing itself in a user's checkout: the user could not build there any more.
BUILD := O=$(O) tools/as-owner $(MAKE_ALL)
PAGE := $(O)/page.h
# virtqemud and virtproxyd, once for each version of libvirt.
DAEMONS := tests/matrix/build-daemons $(O)/daemons
# Of a host's daemons these see all: those of another test, too. They run one after the other. All that probe mostly
# wait, so that the others run beside them.
HOST_TESTS := tests/bpf/bpf_test.py tests/bpf/attach_test.py tests/bpf/messages_test.py tests/bpf/disks_test.py \
	      tests/sandbox/sandbox_test.py tests/e2e/crowd_test.py tests/e2e/shapes_test.py tests/hosts/pods_test.py
# Each of its own lab's alone; what takes long comes first.
LAB_TESTS := tests/e2e/kinds_test.py tests/e2e/live_test.py tests/e2e/peer_test.py tests/e2e/verify_test.py \
	     tests/lab/selftest tests/lab/demo_test tests/bpf/pods_test.py tests/e2e/e2e_test.py tests/e2e/clock_test.py \
	     tests/e2e/link_test.py tests/e2e/retry_test.py tests/e2e/verdict_test.py \
	     tests/e2e/blackout_test.py tests/e2e/faults_test.py tests/e2e/service_test.py \
	     tests/e2e/network_test.py tests/e2e/disk_test.py tests/e2e/passes_test.py tests/e2e/brownout_test.py \
	     tests/e2e/guest_clock_test.py tests/e2e/names_test.py
OFFLINE_TESTS := tests/house/house_test tests/house/build_test tests/house/install_test tests/cli/command_test.py \
		 tests/cli/cli_test.py tests/cli/store_test.py tests/cli/completion_test.py tests/cli/verify_test.py tests/cli/schema_test.py tests/cli/speed_test.py \
		 tests/probe/debuginfod_test.py tests/pictures/formats_test.py tests/pictures/otlp_format_test.py tests/pictures/page_test.py \
		 tests/fleet/fleet_test.py tests/fleet/bus_test.py tests/fleet/otlp_test.py tests/fleet/metrics_test.py tests/fleet/dashboard_test.py tests/fleet/page_test.py
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/*_test.c))

.DELETE_ON_ERROR:
.PHONY: all report fleet help demo demo-fleet quick check check-all tests check-unit check-bpf check-e2e check-long bench sessions verdict-table faults-table sanitized lab fixture install install-report install-fleet format files findings clean FORCE

all: $(O)/migtrace ## build (the default; needs no root)

include tools/package/package.mk
include tests/bpf/bpf.mk tests/lab/lab.mk tests/probe/probe.mk tests/sim/sim.mk tests/replay/replay.mk \
	tests/matrix/matrix.mk tests/fuzz/fuzz.mk tests/mutants/mutants.mk tests/coverage/coverage.mk tests/inject/inject.mk tests/cli/cli.mk tests/sandbox/sandbox.mk tests/kernels/kernels.mk tests/builds/builds.mk tests/hosts/hosts.mk tests/arm64/arm64.mk

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

$(O)/migtrace: $(filter-out $(FLEET_OBJECTS),$(OBJECTS))
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)

# The program without libvirt, libdw and BPF. Of an archive is linked what the commands that only read call;
# the others are weak in src/main.c, and so pull nothing. What needs one of those libraries does not link here.
report: $(O)/report/migtrace ## build the program that only reads recordings, for machines without libvirt
$(O)/report/migtrace: $(O)/src/main.o $(O)/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(READER_LIBRARIES)

fleet: $(O)/migtrace-fleet ## build the program of `ship` and `collect`, for many hosts
$(O)/migtrace-fleet: $(O)/src/main.o $(FLEET_OBJECTS) $(O)/migtrace.a
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(FLEET_LIBRARIES)

# Changes when the flags do: what was compiled with others is compiled again.
COMPILED_WITH := $(CC) $(FLAGS) $(LDFLAGS)
$(O)/flags: FORCE
	+$(Q)mkdir -p $(@D)
	+$(Q)echo '$(COMPILED_WITH)' | cmp -s - $@ || echo '$(COMPILED_WITH)' >$@
FORCE:

$(O)/%.o: %.c $(O)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

# The commit is in one object alone, so that the next one compiles no other.
COMMIT = $(shell tools/print-commit)
$(O)/commit.h: FORCE
	+$(Q)mkdir -p $(@D)
	+$(Q)echo '#define MIGTRACE_COMMIT "$(COMMIT)"' | cmp -s - $@ || echo '#define MIGTRACE_COMMIT "$(COMMIT)"' >$@

$(O)/src/base/version.o $(O)/sanitized/src/base/version.o: $(O)/commit.h

# The same with the sanitizers: of the program, and of the tests that link its archive.
SAN_FLAGS := -O1 -fsanitize=$(SAN) -fno-sanitize-recover=all
$(O)/sanitized/%.o: %.c $(O)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(SAN_FLAGS) -c -o $@ $<

$(O)/sanitized/migtrace: $(patsubst $(O)/%,$(O)/sanitized/%,$(filter-out $(FLEET_OBJECTS),$(OBJECTS)))
	$(Q)$(CC) $(FLAGS) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)

$(O)/sanitized/migtrace-fleet: $(O)/sanitized/src/main.o $(FLEET_OBJECTS:$(O)/%=$(O)/sanitized/%) $(O)/sanitized/migtrace.a
	$(Q)$(CC) $(FLAGS) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(FLEET_LIBRARIES)

# All but main(): a test links of it what it calls, and no library that the core must not need.
ARCHIVED := $(filter-out $(O)/src/main.o $(FLEET_OBJECTS),$(OBJECTS))
$(O)/migtrace.a: $(ARCHIVED)
$(O)/sanitized/migtrace.a: $(ARCHIVED:$(O)/%=$(O)/sanitized/%)
$(O)/migtrace.a $(O)/sanitized/migtrace.a:
	$(Q)rm -f $@
	$(Q)$(CROSS_COMPILE)ar rcsD $@ $^

HAVE_SKELETON := tracer on_demand
$(HAVE_SKELETON:%=$(O)/src/probe/kernel/%.o) $(HAVE_SKELETON:%=$(O)/sanitized/src/probe/kernel/%.o): $(O)/migtrace.skel.h
$(O)/src/probe/host/host_name.o $(O)/sanitized/src/probe/host/host_name.o: $(O)/host_name.skel.h

$(O)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c -o $@ $<

$(O)/%.skel.h: $(O)/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

$(PAGE): tools/make-page tools/make-array $(wildcard src/report/page/*)
	$(Q)mkdir -p $(@D)
	$(Q)tools/make-page >$@

$(O)/src/report/html.o $(O)/sanitized/src/report/html.o: $(PAGE)

$(O)/collect_page.h: tools/make-array src/collect/page.html
	$(Q)mkdir -p $(@D)
	$(Q)tools/make-array collect_page <src/collect/page.html >$@

$(O)/src/collect/postgres.o $(O)/sanitized/src/collect/postgres.o: FLAGS += $(shell $(PKG_CONFIG) --cflags libpq)
$(O)/src/collect/pages.o $(O)/sanitized/src/collect/pages.o: $(O)/collect_page.h

$(O)/schema_json.h: tools/make-array src/schema/schema.json
	$(Q)mkdir -p $(@D)
	$(Q)tools/make-array schema_json <src/schema/schema.json >$@

$(O)/src/schema/schema.o $(O)/sanitized/src/schema/schema.o: $(O)/schema_json.h

demo: ## install what it needs, trace a real migration between two hosts, report it (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(LAB_PACKAGES)
	$(Q)$(BUILD) all lab
	$(Q)tools/demo $(O)

demo-fleet: ## the same for a fleet: two hosts' services, a collector and its page (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(LAB_PACKAGES) $(FLEET_DEV_PACKAGES) python3
	$(Q)$(BUILD) all lab fleet
	$(Q)O=$(O) tools/demo-fleet

check: ## install what the tests need, build, run all tests (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(LAB_PACKAGES) $(TEST_PACKAGES)
	$(Q)$(BUILD) tests
	$(Q)O=$(O) tools/as-owner $(DAEMONS) || : a test is skipped, and says why
	$(Q)$(MAKE_ALL) check-all

tests: all report fleet sanitized $(UNFILTERED) lab fixture $(UNIT_TESTS) $(PROBE_TESTS) $(SIM) $(REPLAY_TEST) $(CONFINE_TEST)

check-all: tests ## all tests, of which nothing is missing (root)
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab tests/run $(HOST_TESTS) --pairs $(LAB_TESTS) --beside \
		$(OFFLINE_TESTS) $(UNIT_TESTS) $(REPLAY_TEST) $(SIM) $(PROBE_TESTS) $(CONFINE_TEST)

quick: all report $(UNIT_TESTS) $(REPLAY_TEST) ## what a change of the core needs first: unit tests, replay, the house's rules
	$(Q)O=$(O) tests/run $(REPLAY_TEST) --beside tests/house/house_test $(UNIT_TESTS)

check-unit: $(UNIT_TESTS) ## the tests of the pure core, under ASan and UBSan
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab tests/run $(UNIT_TESTS)

check-bpf: ## the BPF programs on a stand-in daemon (root)
	$(Q)$(BUILD) all fixture
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab tests/run tests/bpf/bpf_test.py tests/bpf/attach_test.py tests/bpf/messages_test.py tests/bpf/pods_test.py

check-e2e: ## real migrations between two real hosts (root)
	$(Q)$(BUILD) all lab
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab tests/run tests/e2e/e2e_test.py

check-long: ## what takes long: 100 migrations for clock bounds, every kind of migration, nodes with many pods (root)
	$(Q)$(BUILD) all lab fixture check-sim-long $(REPLAY_TEST)
	$(Q)O=$(O) tools/as-owner $(DAEMONS) || : a test is skipped, and says why
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab MIGRATIONS=100 KINDS=all PODS=180 COMINGS=400 EVERY=1 tests/run tests/e2e/clock_test.py tests/e2e/kinds_test.py \
		tests/e2e/crowd_test.py tests/e2e/blackout_test.py tests/e2e/faults_test.py tests/e2e/verify_test.py \
		tests/e2e/shapes_test.py tests/e2e/service_test.py tests/e2e/network_test.py tests/e2e/disk_test.py tests/e2e/passes_test.py \
		tests/e2e/brownout_test.py tests/e2e/guest_clock_test.py tests/bpf/pods_test.py $(O)/replay/absence_test $(O)/replay/metamorphic_test

verdict-table: ## libvirt's numbers beside the truth, measured anew for docs/libvirt-numbers.md (root)
	$(Q)$(BUILD) all lab
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab TABLE=docs/libvirt-numbers.md tests/run tests/e2e/verify_test.py

faults-table: ## which finding each fault of the lab leads to, measured anew for docs/findings.md (root)
	$(Q)$(BUILD) all lab
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab KINDS=all TABLE=docs/findings.md tests/run tests/e2e/faults_test.py

bench: ## what the recorder costs, beside bpftrace (root)
	$(Q)$(BUILD) all lab fixture
	$(Q)tools/bench $(O)

sessions: ## docs/sessions.md anew, of real runs in a terminal, and in a fresh Debian (root)
	$(Q)$(BUILD) all lab
	$(Q)tools/install-packages $(SYSTEMD_TEST_PACKAGES)
	$(Q)$(MAKE) --no-print-directory deb
	$(Q)tools/make-sessions $(O) docs/sessions.md

sanitized: $(O)/sanitized/migtrace $(O)/sanitized/migtrace-fleet

lab: $(O)/lab/guest.elf $(O)/lab/beats $(O)/lab/pinger

fixture: $(FIXTURE)/daemon $(FIXTURE)/modern/daemon $(FIXTURE)/plain/daemon $(FIXTURE)/qemu-system-fixture $(FIXTURE)/qemu-kvm

$(O)/sanitized/tests/%.o: FLAGS += -Itests/unit

$(O)/unit/%: $(O)/sanitized/tests/unit/%.o $(O)/sanitized/tests/unit/simulation.o $(O)/sanitized/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -lcmocka -ljson-c -luuid -lm

# What is in no archive: the program for fleets, but its commands.
$(O)/unit/fleet_%: $(O)/sanitized/tests/unit/fleet_%.o $(patsubst $(O)/%,$(O)/sanitized/%,$(filter-out $(O)/src/cmd/%,$(FLEET_OBJECTS))) $(O)/sanitized/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -lcmocka $(FLEET_LIBRARIES)

# The man pages of what a program says that it can do, in a folder beside it.
$(O)/man/migtrace.1: $(O)/migtrace
$(O)/report/man/migtrace.1: $(O)/report/migtrace
$(O)/man/migtrace.1 $(O)/report/man/migtrace.1: tools/make-man docs/man.txt docs/exit-status.md
	$(Q)rm -rf $(@D)
	$(Q)tools/make-man $(@D:/man=)/migtrace $(@D)

# Of the program for fleets those of the commands that it alone has.
$(O)/fleet/man/migtrace-ship.8: $(O)/migtrace-fleet tools/make-man docs/man.txt docs/exit-status.md
	$(Q)rm -rf $(@D)
	$(Q)tools/make-man $(O)/migtrace-fleet $(@D) ship collect

SHARE := $(DESTDIR)$(PREFIX)/share
DOCS := $(SHARE)/doc/migtrace
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS ?= $(PREFIX)/share/fish/vendor_completions.d
install: ## build, and install to DESTDIR and PREFIX (/usr/local)
install-report: ## the same with the program that only reads recordings
install: BUILT := $(O)
install-report: BUILT := $(O)/report
install install-report:
	$(Q)$(BUILD) $(BUILT)/migtrace $(BUILT)/man/migtrace.1
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILT)/migtrace
	for section in 1 8; do pages=$$(ls $(BUILT)/man/*.$$section 2>/dev/null); \
		[ -z "$$pages" ] || install -D -m 644 -t $(SHARE)/man/man$$section $$pages || exit; done
	install -D -m 644 tools/completion/migtrace.bash $(SHARE)/bash-completion/completions/migtrace
	install -D -m 644 -t $(DESTDIR)$(ZSH_COMPLETIONS) tools/completion/_migtrace
	install -D -m 644 -t $(DESTDIR)$(FISH_COMPLETIONS) tools/completion/migtrace.fish
	install -D -m 644 -t $(DOCS) LICENSE
	sed '/(ARCHITECTURE\.md)/d' README.md | install -m 644 /dev/stdin $(DOCS)/README.md # that is with the sources
	install -D -m 644 -t $(DOCS)/docs $(filter-out docs/files.md,$(wildcard docs/*.md docs/*.png))

install-fleet: ## the program of `ship` and `collect`, to the same places; alerts and a dashboard to share/migtrace
	$(Q)$(BUILD) $(O)/migtrace-fleet $(O)/fleet/man/migtrace-ship.8
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(O)/migtrace-fleet
	install -D -m 644 -t $(SHARE)/man/man8 $(O)/fleet/man/migtrace-ship.8 $(O)/fleet/man/migtrace-collect.8
	install -D -m 644 -t $(SHARE)/migtrace tools/fleet/alerts.yml tools/fleet/dashboard.json

format: ## all C files as clang-format has them
	$(Q)clang-format -i $$(find src bpf include tests -name '*.[ch]')

files: ## docs/files.md and the README's report anew: what each file is for, by its own head
	$(Q)tools/list-files >docs/files.md
	$(Q)tools/quote-report README.md >README.new && mv README.new README.md

findings: all ## docs/findings.md anew: each finding as migtrace explain prints it
	$(Q)tools/list-findings $(O)/migtrace >findings.new && mv findings.new docs/findings.md

compile_commands.json: $(MAKEFILE_LIST) ## for clangd and other tools: how each file is compiled
	$(Q)tools/make-compile-commands '$(CC) $(FLAGS)' $(SOURCES) >$@

clean: ## remove what was built
	$(Q)rm -rf $(O)

# Headers of all that was compiled; test objects are intermediate to make, and are kept.
-include $(OBJECTS:.o=.d) $(OBJECTS:$(O)/%.o=$(O)/sanitized/%.d) \
	$(patsubst %.c,$(O)/sanitized/%.d,$(wildcard tests/unit/*.c tests/sim/*.c tests/replay/*.c tests/probe/*_test.c))
