# SPDX-License-Identifier: GPL-2.0-or-later
# libvirt and QEMU as other distributions build them: not part of check, as it takes an hour once.
BUILDS := $(O)/builds
BUILDS_PACKAGES := $(DAEMON_PACKAGES) libpixman-1-dev libfdt-dev lld llvm libclang-rt-14-dev systemtap-sdt-dev flex bison

.PHONY: check-builds builds-table
check-builds: all lab $(BUILDS)/inlined ## libvirt and QEMU of other compilers and options: probes and migrations (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(BUILDS_PACKAGES)
	$(Q)O=$(O) tools/as-owner tests/builds/build $(BUILDS) || : what cannot be built is skipped, and says why
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab tests/run tests/builds/builds_test.py

builds-table: ## the same, and its table anew in docs/builds.md (root)
	$(Q)TABLE=docs/builds.md $(MAKE_ALL) check-builds

$(BUILDS)/inlined: tests/builds/inlined.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $< -ldw
