# SPDX-License-Identifier: GPL-2.0-or-later
# Build, test and install migtrace. `make help` lists the targets.
O ?= build
CC ?= gcc
SAN ?= address,undefined
Q := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wtype-limits -Wformat=2 -Wstrict-prototypes \
	    -Wmissing-prototypes -Wmissing-declarations -Wpointer-arith -Wwrite-strings -Werror
CFLAGS ?= -O2 -g
FLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc -Iinclude $(WARNINGS) $(CFLAGS)

TEST_PACKAGES := gcc make pkg-config libcmocka-dev

CORE := $(wildcard src/core/*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/*_test.c))

.DELETE_ON_ERROR:
.PHONY: help check check-unit clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 16

check: ## install what the tests need, build, run all tests (root)
	$(Q)tools/install-packages $(TEST_PACKAGES)
	$(Q)$(MAKE) --no-print-directory check-unit

check-unit: $(UNIT_TESTS) ## the tests of the pure core, under ASan and UBSan
	$(Q)tests/unit/run $(UNIT_TESTS)

$(O)/unit/%: tests/unit/%.c $(CORE) $(wildcard src/core/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -fsanitize=$(SAN) -fno-sanitize-recover=all -o $@ $< $(CORE) -lcmocka

clean: ## remove what was built
	$(Q)rm -rf $(O)
