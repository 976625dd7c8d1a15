# SPDX-License-Identifier: GPL-2.0-or-later
# The BPF programs on Debian's kernels, in virtual machines: not part of check, as it takes long.
HAMMER := $(O)/kernels

.PHONY: check-kernels
check-kernels: all lab fixture $(HAMMER)/hammer $(HAMMER)/qemu-system-hammer ## Debian's kernels from 5.10 to the newest, in virtual machines (root)
	$(Q)tools/install-packages $(LAB_PACKAGES) $(KERNEL_PACKAGES)
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab TABLE=docs/kernels.md tests/run tests/kernels/kernels_test.py \
		tests/kernels/environments_test.py tests/kernels/migration_test.py tests/kernels/hosts_test.py

$(HAMMER)/hammer: tests/kernels/hammer.c $(FIXTURE)/libvirt_driver_qemu.so
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -pthread -Wl,-rpath,'$$ORIGIN/../bpf' -o $@ $< \
		$(FIXTURE)/libvirt_driver_qemu.so $(FIXTURE)/libvirt.so.0

$(HAMMER)/qemu-system-hammer: tests/kernels/qemu.c tests/bpf/disks.c tests/bpf/qemu.c tests/bpf/disks.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -fPIE -pie -rdynamic -s -o $@ $< tests/bpf/disks.c -luuid
