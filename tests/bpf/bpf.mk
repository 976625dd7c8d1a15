# SPDX-License-Identifier: GPL-2.0-or-later
# The stand-ins for the tests of the BPF programs: stripped, as distributions ship libvirt.
FIXTURE := $(O)/bpf
FIXTURE_FLAGS := -std=gnu11 -D_GNU_SOURCE -Itests/bpf -O2 -fPIC -fno-ipa-sra -Wall -Wextra -Werror

$(FIXTURE)/libvirt.so.0 $(FIXTURE)/modern/libvirt.so.0 $(FIXTURE)/plain/libvirt.so.0: tests/bpf/library.c tests/bpf/libvirt.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -shared -Wl,-soname,libvirt.so.0 -s -o $@ $<

%/libvirt_driver_qemu.so: tests/bpf/driver.c tests/bpf/libvirt.h %/libvirt.so.0
	$(Q)$(CC) $(FIXTURE_FLAGS) -shared -Wl,-soname,libvirt_driver_qemu.so -s -o $@ $< $*/libvirt.so.0

$(FIXTURE)/qemu-system-fixture: tests/bpf/qemu.c tests/bpf/disks.c tests/bpf/disks.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -fPIE -pie -rdynamic -s -o $@ $(filter %.c,$^)

$(FIXTURE)/qemu-kvm: tests/bpf/qemu.c tests/bpf/disks.c tests/bpf/disks.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIXTURE_FLAGS) -DSDT -fPIE -pie -s -o $@ $(filter %.c,$^)

%/daemon: tests/bpf/daemon.c %/libvirt_driver_qemu.so
	$(Q)$(CC) $(FIXTURE_FLAGS) -Wl,-rpath,'$$ORIGIN' -o $@ $< $*/libvirt_driver_qemu.so \
		$*/libvirt.so.0

# No intermediate files: the tests run them.
.SECONDARY:

# Without SDT probes, as some distributions build libvirt.
$(FIXTURE)/plain/%: FIXTURE_FLAGS += -DPLAIN

# As newer compilers and tools make them: entries are endbr64, or bti and paciasp where the machine is arm64; and SDT
# sites nops of five bytes, which arm64 does not have.
MODERN_x86_64 := -fcf-protection=full -I$(FIXTURE)/modern
MODERN_aarch64 := -mbranch-protection=standard
$(FIXTURE)/modern/%: FIXTURE_FLAGS += $(MODERN_$(firstword $(subst -, ,$(MACHINE))))
$(FIXTURE)/modern/libvirt.so.0: $(FIXTURE)/modern/sys/sdt.h
$(FIXTURE)/modern/libvirt_driver_qemu.so: $(FIXTURE)/modern/sys/sdt.h

$(FIXTURE)/modern/sys/sdt.h:
	$(Q)mkdir -p $(@D)
	$(Q)echo '#include <sys/sdt.h>' | $(CC) -E -M -x c - | tr ' ' '\n' | grep '/sys/sdt.h$$' | \
		xargs sed 's/_SDT_NOP\([[:blank:]]\)nop$$/_SDT_NOP\1.nops 5/; s/"sdt-config.h"/<sys\/sdt-config.h>/' >$@
