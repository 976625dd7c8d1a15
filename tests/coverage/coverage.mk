# SPDX-License-Identifier: GPL-2.0-or-later
# Which lines and branches of the core its tests reach. An assertion's other branch is none: nothing may reach it.
COVERAGE := $(O)/coverage
COVERAGE_TESTS = $(REPLAY_TEST) $(UNIT_TESTS) $(SIM)
GCOVR := gcovr --root . --filter src/core/ --object-directory $(COVERAGE) --exclude-unreachable-branches \
	 --exclude-branches-by-pattern '.*assert\(.*'

.PHONY: coverage coverage-tests
coverage: ## lines and branches of the core that no test reaches; fails below 98 and 95 in 100
	$(Q)tools/install-packages gcovr
	+$(Q)$(MAKE_ALL) O=$(COVERAGE) CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage coverage-tests
	$(Q)$(GCOVR) --print-summary --html-details $(COVERAGE)/report.html --txt $(COVERAGE)/lines.txt --fail-under-line 98
	$(Q)$(GCOVR) --branches --txt $(COVERAGE)/branches.txt --fail-under-branch 95

coverage-tests: all sanitized $(COVERAGE_TESTS)
	$(Q)find $(O) -name '*.gcda' -delete
	$(Q)O=$(O) EVERY=1 tests/run $(REPLAY_TEST) --beside $(UNIT_TESTS) $(SIM) tests/cli/cli_test.py tests/cli/verify_test.py
