# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts of every shape: check has the pods alone, as the others take long.
.PHONY: check-hosts check-week
check-hosts: ## hosts of every shape, both ways, measured anew for docs/hosts.md (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(LAB_PACKAGES) $(TEST_PACKAGES)
	$(Q)$(BUILD) all lab
	$(Q)O=$(O) tools/as-owner $(DAEMONS) || : a test is skipped, and says why
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab SHAPES=all TABLE=docs/hosts.md tests/run $(sort $(wildcard tests/hosts/*_test.py))

MIGRATIONS ?= 1008
check-week: all lab ## a week of a busy host in half an hour, MIGRATIONS= of them: memory and open files stay as they are (root)
	$(Q)tools/check-host
	$(Q)O=$(O) LAB_BUILD=$(abspath $(O))/lab SHAPES=all MIGRATIONS=$(MIGRATIONS) TABLE=docs/hosts.md tests/run tests/hosts/week_test.py
