# SPDX-License-Identifier: GPL-2.0-or-later
# What is loaded before a program, so that one of its calls fails.
INJECT := $(O)/inject/inject.so

.PHONY: check-inject
check-inject: sanitized $(INJECT) ## each call of report, verify and the store fails once, a sample; EVERY=1: all
	$(Q)O=$(O) tests/run tests/inject/inject_test.py

$(INJECT): tests/inject/inject.c $(O)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -fPIC -shared -o $@ $<
