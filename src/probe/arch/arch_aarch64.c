/* SPDX-License-Identifier: GPL-2.0-or-later */
/* aarch64: its registers by the AAPCS64, and its instructions (encodings: Arm ARM, C4.1). */
#include "probe/arch/arch.h"

#include <elf.h>
#include <string.h>

#include "probe/arch/operand.h"

/* The kernel's struct user_pt_regs, which its headers have on such a machine alone. */
struct frame {
	uint64_t x[31], sp, pc, pstate;
};

#ifdef __aarch64__
#include <asm/ptrace.h>
_Static_assert(sizeof(struct frame) == sizeof(struct user_pt_regs) &&
		       offsetof(struct frame, sp) == offsetof(struct user_pt_regs, sp) &&
		       offsetof(struct frame, pc) == offsetof(struct user_pt_regs, pc),
	       "kernel ABI");
#define IS_HOST true
#else
#define IS_HOST false
#endif

#define WORD	      4	      /* bytes of an instruction */
#define CALL_CLOBBERS 0x7ffff /* x0 to x18 do not outlive a call */
#define ARGUMENTS     8	      /* x0 to x7 */
#define AHEAD	      32      /* jumps whose targets are still to come, at a time */
#define BTI_C	      0xd503245f

/* It has no names for the lower halves of a w register. */
#define REG(number)                                                                                \
	{                                                                                          \
		{"x" #number, "w" #number, "w" #number, "w" #number},                              \
			offsetof(struct frame, x[number])                                          \
	}

static const struct arch_register named[] = {
	REG(0),	 REG(1),  REG(2),  REG(3),
	REG(4),	 REG(5),  REG(6),  REG(7),
	REG(8),	 REG(9),  REG(10), REG(11),
	REG(12), REG(13), REG(14), REG(15),
	REG(16), REG(17), REG(18), REG(19),
	REG(20), REG(21), REG(22), REG(23),
	REG(24), REG(25), REG(26), REG(27),
	REG(28), REG(29), REG(30), {{"sp", "wsp", "wsp", "wsp"}, offsetof(struct frame, sp)},
};

static const uint16_t arguments[ARGUMENTS] = {
	offsetof(struct frame, x[0]), offsetof(struct frame, x[1]), offsetof(struct frame, x[2]),
	offsetof(struct frame, x[3]), offsetof(struct frame, x[4]), offsetof(struct frame, x[5]),
	offsetof(struct frame, x[6]), offsetof(struct frame, x[7]),
};

/*
 * Where branches to functions are checked they begin with bti or paciasp. A probe goes there, not
 * behind it: every kernel that we run on steps over both. Behind paciasp no return could be probed:
 * its address is signed then, and what the kernel puts in its place is not, so that the function
 * would end the process when it checks that.
 */
static const struct arch_code codes[] = {
	{CODE_NOP, WORD, {0x1f, 0x20, 0x03, 0xd5}},
};

/* [register] or [register, disp] */
static bool memory_read(char *text, struct mt_arg *arg)
{
	char *close = text + strlen(text) - 1, *comma = strchr(text, ',');
	const char *end;

	if (*close != ']')
		return false;
	*close = '\0';
	if (comma) {
		*comma = '\0';
		end = operand_number(comma + 1 + strspn(comma + 1, " "), &arg->value);
		if (!end || *end)
			return false;
	}
	arg->where = MT_ARG_MEMORY;
	return operand_register(&arch_aarch64, text + 1, 8, &arg->regs_offset);
}

/* register, [register, disp] or constant */
static bool operand_read(char *text, struct mt_arg *arg)
{
	const char *end;

	if (*text == '[')
		return memory_read(text, arg);
	end = operand_number(text, &arg->value);
	arg->where = end ? MT_ARG_CONSTANT : MT_ARG_REGISTER;
	return end ? !*end : operand_register(&arch_aarch64, text, arg->size, &arg->regs_offset);
}

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

static bool is_b(uint32_t word)
{
	return (word & 0xfc000000) == 0x14000000;
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
 * by adding to what adrp or another one made.
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
 * several objects to reach the others from there (section anchors). What is passed to a call is.
 */
static bool passes(const struct registers *registers, const struct branch_search *search)
{
	if (!(search->kinds & BRANCH_ARGUMENT))
		return false;
	for (unsigned int i = 0; i < ARGUMENTS; i++)
		if (registers->known & 1u << i && is_target(search, registers->value[i]))
			return true;
	return false;
}

/* Returns whether the instruction is one to find, and *target; follows it in any case. */
static bool matches(struct registers *registers, uint32_t word, uint64_t at,
		    const struct range *range, const struct branch_search *search, uint64_t *target)
{
	uint64_t distance = 0, made;
	unsigned int kind = aarch64_branch(word, &distance);
	bool is_tail = is_b(word) && at + distance - range->start >= range->end - range->start;
	bool passed = (is_call(word) || is_tail) && passes(registers, search);
	bool is_made = follow(registers, word, at, &made);
	bool is_meant = is_made && search->kinds & BRANCH_REFERENCE && is_target(search, made);

	*target = is_meant ? made : passed ? search->lo : at + distance;
	return is_meant || passed || (kind & search->kinds && is_target(search, *target));
}

/* What the registers hold where a jump ahead leads to. */
struct ahead {
	uint64_t target;
	struct registers registers;
};

/*
 * A walk through code in the order of the file. What is behind a jump is mostly reached by one from
 * before it, which brings its registers; else they are as they were at the jump.
 */
struct walk {
	struct registers registers;
	struct ahead ahead[AHEAD];
	unsigned int count; /* of ahead[] */
	bool is_cut;	    /* the instruction before never leads here */
};

static void walk_begin(struct walk *walk)
{
	walk->registers.known = 0;
	walk->count = 0;
	walk->is_cut = false;
}

/*
 * Of two ways to the same place: what either brings, but where they differ. One of them may be that
 * from behind a call which never returns.
 */
static void registers_meet(struct registers *registers, const struct registers *other)
{
	uint32_t both = registers->known & other->known;

	for (unsigned int i = 0; i < 32; i++) {
		if (!(both & 1u << i) && other->known & 1u << i)
			register_set(registers, i, other->value[i]);
		else if (both & 1u << i && registers->value[i] != other->value[i])
			registers->known &= ~(1u << i);
	}
}

static void walk_jump(struct walk *walk, uint64_t target)
{
	unsigned int i = 0;

	while (i < walk->count && walk->ahead[i].target != target)
		i++;
	if (i < walk->count)
		registers_meet(&walk->ahead[i].registers, &walk->registers);
	else if (i < AHEAD)
		walk->ahead[walk->count++] = (struct ahead){target, walk->registers};
}

static void walk_arrive(struct walk *walk, uint64_t at)
{
	for (unsigned int i = 0; i < walk->count;) {
		struct ahead *ahead = &walk->ahead[i];

		if (ahead->target > at) {
			i++;
			continue;
		}
		if (ahead->target == at && walk->is_cut)
			walk->registers = ahead->registers;
		else if (ahead->target == at)
			registers_meet(&walk->registers, &ahead->registers);
		*ahead = walk->ahead[--walk->count];
	}
}

/* Goes over an instruction that was followed. */
static void walk_on(struct walk *walk, uint32_t word, uint64_t at)
{
	uint64_t distance = 0;

	if (aarch64_branch(word, &distance) == BRANCH_JUMP && (int64_t)distance > 0)
		walk_jump(walk, at + distance);
	walk->is_cut = is_b(word) || (word & 0xff9f0000) == 0xd61f0000; /* br, ret */
}

static int search_code(const struct code *code, const struct branch_search *search)
{
	static const struct range nowhere;
	struct walk walk;
	size_t next = 0; /* range to begin */

	walk_begin(&walk);
	for (size_t at = 0; code->size - at >= WORD; at += WORD) {
		uint64_t from = code->address + at, target;
		uint32_t word;
		int stop = 0;

		memcpy(&word, code->data + at, sizeof(word));
		for (; next < code->range_count && code->range[next].start <= from; next++)
			walk_begin(&walk);
		walk_arrive(&walk, from);
		if (matches(&walk.registers, word, from, next ? &code->range[next - 1] : &nowhere,
			    search, &target))
			stop = search->found(search->arg, from, target);
		walk_on(&walk, word, from);
		if (stop)
			return stop;
	}
	return 0;
}

static uint32_t word_at(const uint8_t *code, size_t at)
{
	uint32_t word;

	memcpy(&word, code + at, sizeof(word));
	return word;
}

/* ldr x0, [x0, #offset]; b */
static bool member_passed(const uint8_t *code, size_t size, uint32_t *offset)
{
	size_t at = 0;

	if (size < 3 * WORD)
		return false;
	if (word_at(code, at) == BTI_C)
		at += WORD;
	*offset = (word_at(code, at) >> 10 & 0xfff) * 8;
	return (word_at(code, at) & 0xffc003ff) == 0xf9400000 &&
	       (word_at(code, at + WORD) & 0xfc000000) == 0x14000000;
}

/* add x2, x0, #offset */
static bool member_taken(const uint8_t *code, size_t size, uint8_t offset)
{
	for (size_t at = 0; size - at >= WORD; at += WORD)
		if (word_at(code, at) == (0x91000002 | (uint32_t)offset << 10))
			return true;
	return false;
}

const struct arch arch_aarch64 = {
	.machine = EM_AARCH64,
	.is_host = IS_HOST,
	.registers = named,
	.register_count = sizeof(named) / sizeof(named[0]),
	.arguments = arguments,
	.argument_count = ARGUMENTS,
	.result = offsetof(struct frame, x[0]),
	.stack_pointer = offsetof(struct frame, sp),
	.program_counter = offsetof(struct frame, pc),
	.operand_read = operand_read,
	.codes = codes,
	.code_count = sizeof(codes) / sizeof(codes[0]),
	.relative = R_AARCH64_RELATIVE,
	.entry_cfi = {0x0c, 31, 0}, /* DW_CFA_def_cfa: sp */
	.emulator_paths = {"/usr/bin/qemu-system-aarch64", "/usr/libexec/qemu-kvm",
			   "/usr/bin/qemu-kvm"},
	.library_paths = {"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"},
	.code_search = search_code,
	.member_passed = member_passed,
	.member_taken = member_taken,
};
