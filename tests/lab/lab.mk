# SPDX-License-Identifier: GPL-2.0-or-later
# What the two-host lab needs compiled: the guest's kernel, the reader of its heartbeats, and its pinger.
LAB_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

# -Wl,-n keeps the multiboot header, the first thing in .text, within the file's first 8 KiB.
# ld warns of the one segment that is written and executed; a kernel without an MMU wants it so.
GUEST_FLAGS := -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-stack-protector \
	       -fno-asynchronous-unwind-tables -mgeneral-regs-only \
	       -nostdlib -static -Wl,-n,--build-id=none,--no-warn-rwx-segments
GUEST_x86_64 := -m32 -fcf-protection=none -Wl,-Ttext=0x100000 $(addprefix $(LAB_DIR)/guest/,start.S beat.c card.c clock.c disk.c)
# QEMU's "virt" has RAM from 1 GiB on, and says at its begin what it has. Without an MMU all has to be aligned.
GUEST_aarch64 := -mstrict-align -Wl,-Ttext=0x40400000 $(addprefix $(LAB_DIR)/guest/aarch64/,start.S beat.c)
GUEST := $(GUEST_$(firstword $(subst -, ,$(MACHINE))))

$(O)/lab/guest.elf: $(filter %.S %.c,$(GUEST)) $(addprefix $(LAB_DIR)/guest/,io.h card.h clock.h disk.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_FLAGS) -o $@ $(GUEST)

$(O)/lab/beats $(O)/lab/pinger: $(O)/lab/%: $(LAB_DIR)/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $<
