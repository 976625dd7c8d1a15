/* SPDX-License-Identifier: GPL-2.0-or-later */
/* aarch64: its instructions (encodings: Arm ARM, C4.1); where its files are read, not probed. */
#include "probe/arch/arch.h"

#include <elf.h>
#include <string.h>

#define WORD	      4	      /* bytes of an instruction */
#define CALL_CLOBBERS 0x7ffff /* x0 to x18 do not outlive a call */
#define ARGUMENTS     8	      /* x0 to x7 */

/* What the registers hold as far as it follows from addresses in the code; bits of known. */
struct registers {
	uint64_t value[32];
	uint32_t known;
};

/* Returns the signed field of that many bits that begins at bit low, times four. */
static uint64_t field_times_4(uint32_t word, unsigned int low, unsigned int bits)
{
	int64_t field = (int64_t)((uint64_t)word << (64 - low - bits)) >> (64 - bits);

	return (uint64_t)field * WORD;
}

/* Tells the distance that adr (in bytes) or adrp (in pages) adds. */
static uint64_t adr_immediate(uint32_t word)
{
	uint64_t high = field_times_4(word, 5, 19);

	return high | (word >> 29 & 3);
}

/* Where a branch goes, relative to itself; the kind is 0 where it is none (Arm ARM, C4.1). */
static unsigned int aarch64_branch(uint32_t word, uint64_t *distance)
{
	if ((word & 0x7c000000) == 0x14000000) { /* b, bl */
		*distance = field_times_4(word, 0, 26);
		return word >> 31 ? BRANCH_CALL : BRANCH_JUMP;
	}
	if ((word & 0xff000010) == 0x54000000 || (word & 0x7e000000) == 0x34000000) {
		*distance = field_times_4(word, 5, 19); /* b.cond, cbz, cbnz */
		return BRANCH_JUMP;
	}
	if ((word & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
		*distance = field_times_4(word, 5, 14);
		return BRANCH_JUMP;
	}
	return 0;
}

static void register_set(struct registers *registers, unsigned int number, uint64_t value)
{
	registers->value[number] = value;
	registers->known |= 1u << number;
}

/* Tells what add or sub makes of a register that is known. GCC adds an offset to an anchor. */
static bool sum_of(const struct registers *registers, uint32_t word, uint64_t *sum)
{
	unsigned int from = word >> 5 & 31;
	uint64_t immediate = (uint64_t)(word >> 10 & 0xfff) << (word & 0x00400000 ? 12 : 0);

	if (!(registers->known & 1u << from))
		return false;
	*sum = registers->value[from] + (word & 0x40000000 ? -immediate : immediate);
	return true;
}

static bool is_call(uint32_t word)
{
	return (word & 0xfc000000) == 0x94000000 || (word & 0xfffffc1f) == 0xd63f0000; /* bl, blr */
}

/* Returns which registers the instruction may overwrite, as bits; it is none of those below. */
static uint32_t overwritten(uint32_t word)
{
	uint32_t first = 1u << (word & 31), second = 1u << (word >> 10 & 31);
	bool is_pair = (word & 0x3a000000) == 0x28000000;

	if ((word & 0x1c000000) == 0x14000000) /* branches and system: bl, blr */
		return is_call(word) ? CALL_CLOBBERS : 0;
	if ((word & 0x0a000000) != 0x08000000) /* data processing */
		return first;
	if ((word >> 5 & 31) == 31) /* to or from the stack: what is restored, the caller had */
		return 0;
	if (!(word & (is_pair ? 0x00400000 : 0x00c00000))) /* a store */
		return 0;
	return is_pair ? first | second : first;
}

/*
 * Follows one instruction. Returns whether it makes an address, which is then in *made: by adr, or
 * by adding to what adrp or another one made. It goes by the order in the file, not that of
 * execution: registers that hold an address for long get it early in the function.
 */
static bool follow(struct registers *registers, uint32_t word, uint64_t at, uint64_t *made)
{
	const uint64_t page_mask = ~UINT64_C(0xfff);
	unsigned int to = word & 31, from = word >> 16 & 31;

	if ((word & 0x9f000000) == 0x90000000) {
		register_set(registers, to, (at & page_mask) + (adr_immediate(word) << 12));
		return false;
	}
	if ((word & 0x9f000000) == 0x10000000) {
		*made = at + adr_immediate(word);
		register_set(registers, to, *made);
		return true;
	}
	if ((word & 0xbf800000) == 0x91000000 && sum_of(registers, word, made)) {
		register_set(registers, to, *made);
		return true;
	}
	if ((word & 0xffe0ffe0) == 0xaa0003e0 && registers->known & 1u << from) { /* mov */
		register_set(registers, to, registers->value[from]);
		return false;
	}
	registers->known &= ~overwritten(word);
	return false;
}

/*
 * What is made in a register need not be what is meant: GCC takes the address of the first of
 * several objects to reach the others from there (section anchors). What is passed is meant.
 */
static bool passes(const struct registers *registers, uint32_t word,
		   const struct branch_search *search)
{
	if (!(search->kinds & BRANCH_ARGUMENT) || !is_call(word))
		return false;
	for (unsigned int i = 0; i < ARGUMENTS; i++)
		if (registers->known & 1u << i && is_target(search, registers->value[i]))
			return true;
	return false;
}

/* Returns whether the instruction is one to find, and *target; follows it in any case. */
static bool matches(struct registers *registers, uint32_t word, uint64_t at,
		    const struct branch_search *search, uint64_t *target)
{
	uint64_t distance = 0, made;
	unsigned int kind = aarch64_branch(word, &distance);
	bool passed = passes(registers, word, search);
	bool is_made = follow(registers, word, at, &made);
	bool is_meant = is_made && search->kinds & BRANCH_REFERENCE && is_target(search, made);

	*target = is_meant ? made : passed ? search->lo : at + distance;
	return is_meant || passed || (kind & search->kinds && is_target(search, *target));
}

static int search_code(const struct code *code, const struct branch_search *search)
{
	struct registers registers = {.known = 0};
	size_t next = 0; /* range to begin */

	for (size_t at = 0; code->size - at >= WORD; at += WORD) {
		uint64_t from = code->address + at, target;
		uint32_t word;
		int stop = 0;

		memcpy(&word, code->data + at, sizeof(word));
		for (; next < code->range_count && code->range[next].start <= from; next++)
			registers.known = 0;
		if (matches(&registers, word, from, search, &target))
			stop = search->found(search->arg, from, target);
		if (stop)
			return stop;
	}
	return 0;
}

const struct arch arch_aarch64 = {
	.machine = EM_AARCH64,
	.relative = R_AARCH64_RELATIVE,
	.entry_cfi = {0x0c, 31, 0}, /* DW_CFA_def_cfa: sp */
	.emulator_paths = {"/usr/bin/qemu-system-aarch64", "/usr/libexec/qemu-kvm",
			   "/usr/bin/qemu-kvm"},
	.library_paths = {"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"},
	.code_search = search_code,
};
