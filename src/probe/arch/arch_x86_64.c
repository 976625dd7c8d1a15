/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86-64: its registers by the System V ABI, and its instructions. */
#include "probe/arch/arch.h"

#include <elf.h>
#include <string.h>

#include "probe/arch/operand.h"

/* The kernel's struct pt_regs, which its headers have on such a machine alone. */
struct frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax,
		rip, cs, eflags, rsp, ss;
};

#ifdef __x86_64__
#include <asm/ptrace.h>
_Static_assert(sizeof(struct frame) == sizeof(struct pt_regs) &&
		       offsetof(struct frame, rsp) == offsetof(struct pt_regs, rsp) &&
		       offsetof(struct frame, rdi) == offsetof(struct pt_regs, rdi),
	       "kernel ABI");
#define IS_HOST true
#else
#define IS_HOST false
#endif

#define REG(name8, name4, name2, name1)                                                            \
	{                                                                                          \
		{#name8, #name4, #name2, #name1}, offsetof(struct frame, name8)                    \
	}
#define REG_NUMBERED(name) REG(name, name##d, name##w, name##b)

static const struct arch_register registers[] = {
	REG(rax, eax, ax, al),	REG(rbx, ebx, bx, bl),	REG(rcx, ecx, cx, cl),
	REG(rdx, edx, dx, dl),	REG(rsi, esi, si, sil), REG(rdi, edi, di, dil),
	REG(rbp, ebp, bp, bpl), REG(rsp, esp, sp, spl), REG_NUMBERED(r8),
	REG_NUMBERED(r9),	REG_NUMBERED(r10),	REG_NUMBERED(r11),
	REG_NUMBERED(r12),	REG_NUMBERED(r13),	REG_NUMBERED(r14),
	REG_NUMBERED(r15),
};

static const uint16_t arguments[] = {
	offsetof(struct frame, rdi), offsetof(struct frame, rsi), offsetof(struct frame, rdx),
	offsetof(struct frame, rcx), offsetof(struct frame, r8),  offsetof(struct frame, r9),
};

/* disp(%register) */
static bool memory_read(char *text, struct mt_arg *arg)
{
	const char *open = *text == '(' ? text : operand_number(text, &arg->value);
	size_t length = open ? strlen(open) : 0;

	if (length < 4 || strncmp(open, "(%", 2) || open[length - 1] != ')')
		return false;
	text[strlen(text) - 1] = '\0';
	arg->where = MT_ARG_MEMORY;
	return operand_register(&arch_x86_64, open + 2, 8, &arg->regs_offset);
}

/* %register, disp(%register) or $constant */
static bool operand_read(char *text, struct mt_arg *arg)
{
	const char *end;

	if (*text == '%') {
		arg->where = MT_ARG_REGISTER;
		return operand_register(&arch_x86_64, text + 1, arg->size, &arg->regs_offset);
	}
	if (*text != '$')
		return memory_read(text, arg);
	arg->where = MT_ARG_CONSTANT;
	end = operand_number(text + 1, &arg->value);
	return end && !*end;
}

static const struct arch_code codes[] = {
	{CODE_NOP, 1, {0x90}},
	{CODE_ENTRY_MARK, 4, {0xf3, 0x0f, 0x1e, 0xfa}}, /* endbr64 */
	{CODE_NOP5, 5, {0x0f, 0x1f, 0x44, 0x00, 0x00}},
};

/* Returns how many bytes the opcode has that ends before code[at], if it is of those
 * kinds, or 0. */
static size_t opcode_before(const uint8_t *code, size_t at, unsigned int kinds)
{
	if (kinds & (BRANCH_REFERENCE | BRANCH_ARGUMENT) && at >= 3 &&
	    (code[at - 3] & 0xfb) == 0x48 && code[at - 2] == 0x8d && (code[at - 1] & 0xc7) == 5)
		return 3; /* REX.W or REX.WR, lea, disp32(%rip) */
	if (kinds & BRANCH_CALL && at >= 1 && code[at - 1] == 0xe8)
		return 1;
	if (kinds & BRANCH_JUMP && at >= 1 && code[at - 1] == 0xe9)
		return 1;
	if (kinds & BRANCH_JUMP && at >= 2 && code[at - 2] == 0x0f && (code[at - 1] & 0xf0) == 0x80)
		return 2; /* jcc rel32 */
	return 0;
}

/*
 * Returns where the next distance of a reference may be, from there on. They have 0x8d two bytes
 * before it, which memchr() finds much faster than a look at each place does; of QEMU's code there
 * are 7 MiB.
 */
static size_t reference_next(const struct code *code, size_t at)
{
	const uint8_t *found;

	if (at < 3)
		at = 3;
	if (at - 2 >= code->size)
		return code->size;
	found = memchr(code->data + at - 2, 0x8d, code->size - (at - 2));
	return found ? (size_t)(found - code->data) + 2 : code->size;
}

/* What does not change is in variables of its own: the compiler cannot know that it does not. */
static int search_code(const struct code *code, const struct branch_search *search)
{
	const uint8_t *data = code->data;
	const size_t end = code->size < sizeof(int32_t) ? 0 : code->size - sizeof(int32_t) + 1;
	const bool is_by_byte = search->kinds & (BRANCH_CALL | BRANCH_JUMP);
	int32_t distance;
	/* The end of an instruction at the very beginning, seen from the places that are wanted. */
	const uint64_t ahead = code->address + sizeof(distance) - search->lo;
	const uint64_t width = search->hi - search->lo;

	for (size_t at = 0;; at++) {
		size_t length;
		int stop;

		if (!is_by_byte)
			at = reference_next(code, at);
		if (at >= end)
			return 0;
		memcpy(&distance, data + at, sizeof(distance));
		if (ahead + at + (uint64_t)(int64_t)distance >= width)
			continue;
		length = opcode_before(data, at, search->kinds);
		stop = length ? search->found(search->arg, code->address + at - length,
					      code->address + at + sizeof(distance) +
						      (uint64_t)(int64_t)distance)
			      : 0;
		if (stop)
			return stop;
	}
}

/* mov offset(%rdi),%rdi; jmp */
static bool member_passed(const uint8_t *code, size_t size, uint32_t *offset)
{
	static const uint8_t load32[] = {0x48, 0x8b, 0xbf}, load8[] = {0x48, 0x8b, 0x7f};
	size_t at;

	if (size < sizeof(load32) + sizeof(*offset) + 1)
		return false;
	if (!memcmp(code, load32, sizeof(load32))) {
		memcpy(offset, code + sizeof(load32), sizeof(*offset));
		at = sizeof(load32) + sizeof(*offset);
	} else if (!memcmp(code, load8, sizeof(load8)) && code[sizeof(load8)] < 0x80) {
		*offset = code[sizeof(load8)];
		at = sizeof(load8) + 1;
	} else {
		return false;
	}
	return code[at] == 0xe9 || code[at] == 0xeb;
}

/* xor %r,%r; or mov $imm32,%r */
static size_t argument_set(const uint8_t *code, size_t size, size_t *argument)
{
	static const uint8_t numbers[] = {7, 6, 2, 1}; /* of edi, esi, edx, ecx in instructions */

	for (size_t i = 0; size >= 5 && i < sizeof(numbers); i++) {
		uint8_t number = numbers[i];
		bool is_xor = code[0] == 0x31 && code[1] == (0xc0 | number << 3 | number);

		*argument = i;
		if (is_xor || code[0] == 0xb8 + number)
			return is_xor ? 2 : 5;
	}
	return 0;
}

static bool member_taken(const uint8_t *code, size_t size, uint8_t offset)
{
	const uint8_t lea[] = {0x48, 0x8d, 0x57, offset}; /* lea offset(%rdi),%rdx */

	return memmem(code, size, lea, sizeof(lea));
}

const struct arch arch_x86_64 = {
	.machine = EM_X86_64,
	.is_host = IS_HOST,
	.has_tsc = true,
	.registers = registers,
	.register_count = sizeof(registers) / sizeof(registers[0]),
	.arguments = arguments,
	.argument_count = sizeof(arguments) / sizeof(arguments[0]),
	.result = offsetof(struct frame, rax),
	.stack_pointer = offsetof(struct frame, rsp),
	.program_counter = offsetof(struct frame, rip),
	.stack_argument = 8, /* above the return address */
	.operand_read = operand_read,
	.codes = codes,
	.code_count = sizeof(codes) / sizeof(codes[0]),
	.relative = R_X86_64_RELATIVE,
	.entry_cfi = {0x0c, 7, 8}, /* DW_CFA_def_cfa: rsp + 8 */
	.uretprobe_call = 335,
	.emulator_paths = {"/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm",
			   "/usr/bin/qemu-kvm"},
	.library_paths = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"},
	.code_search = search_code,
	.member_passed = member_passed,
	.argument_set = argument_set,
	.member_taken = member_taken,
};
