# SPDX-License-Identifier: GPL-2.0-or-later
# What reads bytes from outside, under libFuzzer with ASan and UBSan: not part of check.
FUZZ_SECONDS ?= 60
FUZZ := $(O)/fuzz
FUZZ_FLAGS := $(filter-out -Werror -MMD -MP,$(FLAGS)) -O1 -g -fsanitize=fuzzer,address,undefined \
	      -fno-sanitize-recover=all
FUZZ_RECORDING := $(CORE) $(wildcard src/base/*.c) $(addprefix src/sandbox/,user_file.c privileges.c) $(addprefix src/record/,read.c take.c get.c get_event.c kinds.c parse.c) $(wildcard src/report/*.c)
FUZZ_ELF := $(wildcard src/probe/elf/*.c src/probe/code/*.c) $(addprefix src/probe/,find/resolve.c find/points.c catalogue.c host/identity.c host/processes.c)

.PHONY: fuzz fuzz-packages
fuzz: $(FUZZ)/recording $(FUZZ)/reply $(FUZZ)/elf fixture $(PROBE_FILES) ## hostile recordings, replies and ELF files, FUZZ_SECONDS each
	$(Q)mkdir -p $(FUZZ)/corpus/recording $(FUZZ)/corpus/elf
	$(Q)for file in tests/replay/*/*.jsonl; do cp $$file $(FUZZ)/corpus/recording/$$(echo $$file | tr / -); done
	$(Q)cp $(FIXTURE)/*.so* $(FIXTURE)/qemu-system-fixture $(PROBE)/*.so $(FUZZ)/corpus/elf
	$(Q)$(FUZZ)/recording -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=65536 -close_fd_mask=2 \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/ $(FUZZ)/corpus/recording
	$(Q)mkdir -p $(FUZZ)/corpus/reply
	$(Q)echo '{"return": {"status": "active", "expected-downtime": 300, "ram": {"total": 1, "mbps": 1.5}}}' >$(FUZZ)/corpus/reply/one
	$(Q)$(FUZZ)/reply -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=4095 \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/ $(FUZZ)/corpus/reply
	$(Q)$(FUZZ)/elf -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/ $(FUZZ)/corpus/elf

fuzz-packages:
	$(Q)tools/install-packages clang libclang-rt-14-dev

$(FUZZ)/recording $(FUZZ)/reply $(FUZZ)/elf: | fuzz-packages $(PAGE)

$(FUZZ)/reply: tests/fuzz/reply_fuzz.c src/record/reply.c src/record/message.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -o $@ $^ -ljson-c

$(FUZZ)/recording: tests/fuzz/recording_fuzz.c $(FUZZ_RECORDING)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -o $@ $^ -ljson-c -luuid -lcap-ng

$(FUZZ)/elf: tests/fuzz/elf_fuzz.c $(FUZZ_ELF)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -o $@ $^ $(PROBE_LIBRARIES)
