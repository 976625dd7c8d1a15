# SPDX-License-Identifier: GPL-2.0-or-later
# What the two-host lab needs compiled: the guest's kernel, the reader of its heartbeats, and its pinger.
LAB_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

# -Wl,-n keeps the multiboot header, the first thing in .text, within the file's first 8 KiB.
# ld warns of the one segment that is written and executed; a kernel without an MMU wants it so.
GUEST_FLAGS := -m32 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-stack-protector \
	       -fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only \
	       -nostdlib -static -Wl,-n,-Ttext=0x100000,--build-id=none,--no-warn-rwx-segments

$(O)/lab/guest.elf: $(addprefix $(LAB_DIR)/guest/,start.S beat.c card.c clock.c disk.c io.h card.h clock.h disk.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_FLAGS) -o $@ $(filter-out %.h,$^)

$(O)/lab/beats $(O)/lab/pinger: $(O)/lab/%: $(LAB_DIR)/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $<
