# SPDX-License-Identifier: GPL-2.0-or-later
# The test of what a confined process cannot do; without the sanitizers, which would keep its filter out.
CONFINE_TEST := $(O)/sandbox/confine_test

.PHONY: check-sandbox
check-sandbox: all $(CONFINE_TEST) ## what processes may not do that read what others wrote (root)
	$(Q)O=$(O) tests/run $(CONFINE_TEST) tests/sandbox/sandbox_test.py

$(CONFINE_TEST): $(O)/tests/sandbox/confine_test.o $(O)/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(LIBRARIES) -lcmocka
