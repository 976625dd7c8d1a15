# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of what finds probe addresses in ELF files, and the shared object that they look into.
PROBE_TESTS := $(O)/probe/image_test $(O)/probe/hostile_test
PROBE_IMAGE := src/probe/image.c src/probe/sdt.c src/probe/func_string.c
PROBE_FIXTURE_FLAGS := -std=gnu11 -O2 -fPIC -Wall -Wextra -Werror

.PHONY: check-probe
check-probe: $(PROBE_TESTS) ## the tests of finding probe addresses in ELF files
	$(Q)tests/run $(PROBE_TESTS)

$(O)/probe/twin-%.o: tests/probe/twin.c tests/probe/fixture.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROBE_FIXTURE_FLAGS) -DTWIN=fixture_twin_$* -c -o $@ $<

$(O)/probe/fixture.so: tests/probe/fixture.c $(O)/probe/twin-a.o $(O)/probe/twin-b.o
	$(Q)$(CC) $(PROBE_FIXTURE_FLAGS) -shared -Wl,--build-id=0x0123456789abcdef -o $@ $(filter %.c %.o,$^)

$(O)/probe/stripped.so: $(O)/probe/fixture.so
	$(Q)strip -o $@ $<

$(O)/probe/fixture.so: tests/probe/fixture.h

$(O)/probe/%_test: tests/probe/%_test.c $(PROBE_IMAGE) $(PROBE_IMAGE:.c=.h) \
		   $(O)/probe/fixture.so $(O)/probe/stripped.so
	$(Q)$(CC) $(FLAGS) -fsanitize=$(SAN) -fno-sanitize-recover=all \
		-DFIXTURE='"$(abspath $(O)/probe/fixture.so)"' \
		-DSTRIPPED='"$(abspath $(O)/probe/stripped.so)"' \
		-o $@ $< $(PROBE_IMAGE) -lelf -ldw -lcmocka -ldl
