# SPDX-License-Identifier: GPL-2.0-or-later
# Other versions of libvirt and QEMU than the installed: not part of check, as much is downloaded.
MATRIX := $(O)/matrix
MATRIX_SUITES := $(foreach suite,bullseye bookworm trixie forky sid,$(suite) $(suite)-arm64)
MATRIX_ROOTS := bullseye trixie forky

.PHONY: check-matrix
check-matrix: all lab $(MATRIX)/ways ## libvirt and QEMU of Debian 11 to 14, and migrations between them (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages debootstrap
	$(Q)tests/matrix/fetch $(MATRIX) $(MATRIX_SUITES)
	$(Q)tests/matrix/fetch --root $(MATRIX) $(MATRIX_ROOTS)
	$(Q)O=$(O) tests/run tests/matrix/matrix_test.py

$(MATRIX)/ways: tests/matrix/ways.c $(O)/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -o $@ $^ $(PROBE_LIBRARIES)
