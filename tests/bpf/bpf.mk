# SPDX-License-Identifier: GPL-2.0-or-later
# The stand-ins for the tests of the BPF programs: stripped, as distributions ship libvirt.
FIXTURE := $(O)/bpf
FIXTURE_FLAGS := -std=gnu11 -D_GNU_SOURCE -Itests/bpf -O2 -fPIC -fno-ipa-sra -Wall -Wextra -Werror

$(FIXTURE)/libvirt.so.0: tests/bpf/library.c tests/bpf/libvirt.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -shared -Wl,-soname,libvirt.so.0 -s -o $@ $<

$(FIXTURE)/libvirt_driver_qemu.so: tests/bpf/driver.c tests/bpf/libvirt.h $(FIXTURE)/libvirt.so.0
	$(Q)$(CC) $(FIXTURE_FLAGS) -shared -Wl,-soname,libvirt_driver_qemu.so -s -o $@ $< $(FIXTURE)/libvirt.so.0

$(FIXTURE)/qemu-system-fixture: tests/bpf/qemu.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -fPIE -pie -rdynamic -s -o $@ $<

$(FIXTURE)/daemon: tests/bpf/daemon.c $(FIXTURE)/libvirt_driver_qemu.so
	$(Q)$(CC) $(FIXTURE_FLAGS) -Wl,-rpath,'$$ORIGIN' -o $@ $< $(FIXTURE)/libvirt_driver_qemu.so \
		$(FIXTURE)/libvirt.so.0
