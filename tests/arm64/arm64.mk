# SPDX-License-Identifier: GPL-2.0-or-later
# migtrace for arm64, cross built, in a virtual machine of such a kind: not part of check, as it takes long.
ARM64 := $(or $(MIGTRACE_CACHE),/var/cache/migtrace)/arm64
ARM64_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm qemu-utils

.PHONY: arm64 check-arm64
arm64: ## build the program for arm64, cross, to build/arm64 (root, for the first time: its libraries)
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(ARM64_PACKAGES)
	$(Q)tests/arm64/fetch $(ARM64)
	$(Q)$(MAKE_ALL) O=$(O)/arm64 CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=$(ARM64)/root all report fleet fixture lab \
		$(O)/arm64/kernels/hammer $(O)/arm64/kernels/qemu-system-hammer

check-arm64: arm64 ## the program for arm64 on Debian's kernels for it, in virtual machines (root)
	$(Q)tools/install-packages $(KERNEL_PACKAGES)
	$(Q)ARCHITECTURE=arm64 O=$(O)/arm64 tests/run tests/arm64/arm64_test.py
