# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of what finds probe addresses in ELF files, and the shared object that they look into.
PROBE := $(O)/probe
PROBE_TESTS := $(addprefix $(PROBE)/,image_test hostile_test resolve_test aarch64_test processes_test \
		 kernel_btf_test)
PROBE_LIBRARIES := -lbpf -ljson-c -lcap-ng -lseccomp -lelf -ldw -llzma -lz -luuid -pthread
PROBE_FIXTURE_FLAGS := -std=gnu11 -fPIC -Wall -Wextra -Werror
PROBE_BUILD_ID := 0123456789abcdef

# The fixture as a compiler makes it in several ways, each with its symbols and stripped.
VARIANTS := O0 O2 O3 lto cet clang
VARIANT_O0 := $(CC) -O0
VARIANT_O2 := $(CC) -O2
VARIANT_O3 := $(CC) -O3
VARIANT_lto := $(CC) -O2 -flto -ffat-lto-objects
VARIANT_cet := $(CC) -O2 -fcf-protection=full
VARIANT_clang := $(CLANG) -O2
VARIANT_FILES := $(foreach v,$(VARIANTS),$(PROBE)/$(v).so $(PROBE)/$(v).stripped.so)
PROBE_FILES := $(VARIANT_FILES) $(PROBE)/mini.so $(PROBE)/linked.so $(PROBE)/linked.debug \
	       $(PROBE)/liar.debug

.PHONY: check-probe
check-probe: $(PROBE_TESTS) ## the tests of finding probe addresses in ELF files
	$(Q)tests/run $(PROBE_TESTS)

define variant_rules
$(PROBE)/$(1).so: tests/probe/fixture.c tests/probe/twin.c tests/probe/fixture.h
	$$(Q)mkdir -p $$(@D)
	$$(Q)for twin in a b; do \
		$$(VARIANT_$(1)) $(PROBE_FIXTURE_FLAGS) -DTWIN=fixture_twin_$$$$twin -c -o $(PROBE)/$(1)-$$$$twin.o tests/probe/twin.c || exit; \
	done
	$$(Q)$$(VARIANT_$(1)) $(PROBE_FIXTURE_FLAGS) -shared -Wl,--build-id=0x$(PROBE_BUILD_ID) -o $$@ \
		tests/probe/fixture.c $(PROBE)/$(1)-a.o $(PROBE)/$(1)-b.o
endef
$(foreach v,$(VARIANTS),$(eval $(call variant_rules,$(v))))

$(PROBE)/%.stripped.so: $(PROBE)/%.so
	$(Q)strip -o $@ $<

# What distributions of the RPM family leave in the file: its static symbols, packed.
$(PROBE)/mini.so: $(PROBE)/O2.so $(PROBE)/O2.stripped.so
	$(Q)objcopy --only-keep-debug $< $(PROBE)/mini.debug
	$(Q)xz --lzma2=dict=64KiB -k -f $(PROBE)/mini.debug
	$(Q)objcopy --add-section .gnu_debugdata=$(PROBE)/mini.debug.xz $(PROBE)/O2.stripped.so $@

$(PROBE)/linked.debug: $(PROBE)/O2.so
	$(Q)objcopy --only-keep-debug $< $@

$(PROBE)/linked.so: $(PROBE)/O2.stripped.so $(PROBE)/linked.debug
	$(Q)cd $(PROBE) && objcopy --add-gnu-debuglink=linked.debug O2.stripped.so linked.so

# Another build that says it is the same one.
$(PROBE)/liar.debug: $(PROBE)/O0.so
	$(Q)objcopy --only-keep-debug $< $@

$(O)/sanitized/tests/probe/%.o: FLAGS += -DFIXTURES='"$(abspath $(PROBE))/"'

$(PROBE)/%_test: $(O)/sanitized/tests/probe/%_test.o $(O)/sanitized/migtrace.a $(PROBE_FILES)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $(filter %.o %.a,$^) $(PROBE_LIBRARIES) -lcmocka -ldl
