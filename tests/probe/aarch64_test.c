/* SPDX-License-Identifier: GPL-2.0-or-later */
/* aarch64: what is found in its code, instruction by instruction (words as objdump shows them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "probe/arch/arch.h"
#include "probe/elf/sdt.h"

#define X(number) (8 * (number)) /* in the kernel's struct pt_regs */
#define SP	  248
#define PC	  256
#define CODE	  0x126000 /* address of the first word */
#define FOUND	  8

struct hits {
	size_t count;
	uint64_t from[FOUND];
	uint64_t target; /* of each */
};

static int on_hit(void *arg, uint64_t from, uint64_t target)
{
	struct hits *hits = arg;

	assert_int_equal(target, hits->target);
	assert_true(hits->count < FOUND);
	hits->from[hits->count++] = from - CODE;
	return 0;
}

/* Looks for instructions of those kinds that have that target; the code is two
 * functions of side. */
static struct hits search(const uint32_t *words, size_t size, unsigned int kinds, uint64_t target)
{
	struct range range[] = {{CODE, CODE + size / 2, false},
				{CODE + size / 2, CODE + size, false}};
	struct code code = {CODE, (const uint8_t *)words, size, range, 2};
	struct hits hits = {.target = target};
	struct branch_search wanted = {kinds, target, target + 1, on_hit, &hits};

	assert_int_equal(arch_aarch64.code_search(&code, &wanted), 0);
	return hits;
}

static void branches_go_where_they_say(void **state)
{
	static const uint32_t words[] = {
		0x94000004, /* 0x00: bl 0x10 */
		0x14000003, /* 0x04: b 0x10 */
		0x54000040, /* 0x08: b.eq 0x10 */
		0xb4000020, /* 0x0c: cbz x0, 0x10 */
		0xd503201f, /* 0x10: nop */
		0x17ffffff, /* 0x14: b 0x10 */
		0x37ffffc0, /* 0x18: tbnz w0, #31, 0x10 */
		0x97fffffd, /* 0x1c: bl 0x10 */
	};
	struct hits calls = search(words, sizeof(words), BRANCH_CALL, CODE + 0x10);
	struct hits jumps = search(words, sizeof(words), BRANCH_JUMP, CODE + 0x10);
	static const uint64_t from[] = {0x04, 0x08, 0x0c, 0x14, 0x18};

	(void)state;
	assert_int_equal(calls.count, 2);
	assert_int_equal(calls.from[0], 0x00);
	assert_int_equal(calls.from[1], 0x1c);
	assert_int_equal(jumps.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(jumps.from[i], from[i]);
}

static void address_is_made_of_a_page_and_what_is_added(void **state)
{
	static const uint32_t words[] = {
		0xf00002d3, /* 0x00: adrp x19, 0x181000 */
		0x913ca273, /* 0x04: add x19, x19, #0xf28 */
		0x91004264, /* 0x08: add x4, x19, #0x10 */
		0x94000001, /* 0x0c: bl */
		0xaa1303e1, /* 0x10: mov x1, x19 */
		0xd63f0040, /* 0x14: blr x2 */
		0x91004264, /* 0x18: add x4, x19, #0x10 */
		0xd503201f, /* 0x1c: nop */
		0xaa1303e0, /* 0x20: mov x0, x19; another function: x19 is not known here */
		0x94000001, /* 0x24: bl */
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
	};
	struct hits made = search(words, sizeof(words), BRANCH_REFERENCE, 0x181f28);
	struct hits anchor = search(words, sizeof(words), BRANCH_ARGUMENT, 0x181f28);
	struct hits second = search(words, sizeof(words), BRANCH_ARGUMENT, 0x181f38);

	(void)state;
	assert_int_equal(made.count, 1);
	assert_int_equal(made.from[0], 0x04);
	assert_int_equal(anchor.count, 1);
	assert_int_equal(anchor.from[0], 0x14);
	assert_int_equal(second.count, 1);
	assert_int_equal(second.from[0], 0x0c);
}

static void register_that_is_overwritten_is_not_known(void **state)
{
	static const uint32_t words[] = {
		0xf00002c0, /* 0x00: adrp x0, 0x181000 */
		0x913ca000, /* 0x04: add x0, x0, #0xf28 */
		0xf9400020, /* 0x08: ldr x0, [x1] */
		0x94000001, /* 0x0c: bl */
		0xf00002c0, /* 0x10: adrp x0, 0x181000 */
		0x913ca000, /* 0x14: add x0, x0, #0xf28 */
		0xf9000020, /* 0x18: str x0, [x1]: stays */
		0x94000001, /* 0x1c: bl: passed */
		0x94000001, /* 0x20: bl: gone */
		0xf00002c0, /* 0x24: adrp x0, 0x181000 */
		0x913ca000, /* 0x28: add x0, x0, #0xf28 */
		0x8b010000, /* 0x2c: add x0, x0, x1 */
		0x94000001, /* 0x30: bl */
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
	};
	struct hits hits = search(words, sizeof(words), BRANCH_ARGUMENT, 0x181f28);

	(void)state;
	assert_int_equal(hits.count, 1);
	assert_int_equal(hits.from[0], 0x1c);
}

/* As of virDomainMigrate2() in libvirt 12.8: x19 is added to on one way, and read on the other. */
static void registers_are_what_the_jump_brings(void **state)
{
	static const uint32_t words[] = {
		0xf00002d3, /* 0x00: adrp x19, 0x181000 */
		0xb4000080, /* 0x04: cbz x0, 0x14 */
		0x910f4273, /* 0x08: add x19, x19, #0x3d0 */
		0x94000001, /* 0x0c: bl */
		0x14000004, /* 0x10: b 0x20 */
		0x913ca260, /* 0x14: add x0, x19, #0xf28; by the jump from 0x04 */
		0x94000001, /* 0x18: bl: passed */
		0xd503201f, /* 0x1c: nop */
		0x91004260, /* 0x20: add x0, x19, #0x10; which of the two is not known */
		0x94000001, /* 0x24: bl */
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
	};
	struct hits right = search(words, sizeof(words), BRANCH_ARGUMENT, 0x181f28);

	(void)state;
	assert_int_equal(right.count, 1);
	assert_int_equal(right.from[0], 0x18);
	assert_int_equal(search(words, sizeof(words), BRANCH_ARGUMENT, 0x1822f8).count, 0);
	assert_int_equal(search(words, sizeof(words), BRANCH_ARGUMENT, 0x181010).count, 0);
	assert_int_equal(search(words, sizeof(words), BRANCH_ARGUMENT, 0x1813e0).count, 0);
}

static void what_a_tail_call_gets_is_passed(void **state)
{
	static const uint32_t words[] = {
		0xf00002c0, /* 0x00: adrp x0, 0x181000 */
		0x913ca000, /* 0x04: add x0, x0, #0xf28 */
		0x17fffffe, /* 0x08: b 0x00: in the function */
		0x14000100, /* 0x0c: b 0x40c */
		0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
	};
	struct hits hits = search(words, sizeof(words), BRANCH_ARGUMENT, 0x181f28);

	(void)state;
	assert_int_equal(hits.count, 1);
	assert_int_equal(hits.from[0], 0x0c);
}

static void assert_args(const char *text, const struct mt_arg *expected, size_t count)
{
	struct sdt_probe probe = {0};

	assert_int_equal(sdt_args_read(&arch_aarch64, text, &probe), 0);
	assert_int_equal(probe.args, count);
	assert_memory_equal(probe.arg, expected, count * sizeof(*expected));
}

/* The notes of libvirt in Debian 11, 12, 13 and sid, and each other form that GCC writes. */
static void sdt_arguments_are_read_as_compilers_write_them(void **state)
{
	static const struct mt_arg monitor[] = {
		{X(19), MT_ARG_REGISTER, 8, 0, {0}, 0},
		{X(0), MT_ARG_MEMORY, 8, 0, {0}, 8},
		{X(1), MT_ARG_REGISTER, 8, 0, {0}, 0},
	};
	static const struct mt_arg rpc[] = {
		{X(20), MT_ARG_REGISTER, 8, 0, {0}, 0}, {X(19), MT_ARG_MEMORY, 8, 0, {0}, 16},
		{X(0), MT_ARG_REGISTER, 8, 0, {0}, 0},	{X(1), MT_ARG_REGISTER, 8, 0, {0}, 0},
		{X(2), MT_ARG_REGISTER, 8, 0, {0}, 0},	{X(3), MT_ARG_REGISTER, 8, 0, {0}, 0},
		{X(4), MT_ARG_REGISTER, 8, 0, {0}, 0},	{X(5), MT_ARG_REGISTER, 8, 0, {0}, 0},
	};
	static const struct mt_arg others[] = {
		{SP, MT_ARG_MEMORY, 4, 1, {0}, 24},	  {X(29), MT_ARG_MEMORY, 4, 0, {0}, -40},
		{SP, MT_ARG_MEMORY, 8, 0, {0}, 0},	  {X(30), MT_ARG_REGISTER, 1, 0, {0}, 0},
		{X(7), MT_ARG_REGISTER, 4, 1, {0}, 0},	  {0, MT_ARG_CONSTANT, 4, 1, {0}, -1},
		{0, MT_ARG_CONSTANT, 8, 0, {0}, 0x10000}, {SP, MT_ARG_REGISTER, 8, 0, {0}, 0},
	};

	(void)state;
	assert_args("8@x19 8@[x0, 8] 8@x1", monitor, 3);
	assert_args("8@x20 8@[x19, 16] 8@x0 8@x1 8@x2 8@x3 8@x4 8@x5", rpc, 8);
	assert_args("-4@[sp, 24] 4@[x29, -40] 8@[sp] 1@x30 -4@w7 -4@-1 8@65536 8@sp", others, 8);
	assert_args("", NULL, 0);
}

static void sdt_argument_of_another_form_is_refused(void **state)
{
	static const char *const refused[] = {
		"8@[x0, x1]",
		"8@[x0, 8]!",
		"8@[x0], 8",
		"8@[x0",
		"8@[]",
		"8@[",
		"8@[w0]",
		"8@x31",
		"8@w0",
		"8@d0",
		"8@%rax",
		"8@$1",
		"8@(x0)",
		"8@x0, lsl 3",
		"8@[x0, #8]",
		"8@1x",
		"8@",
		"3@x0",
		"x0",
		"8@:lo12:a",
		"8@[x0,]",
		"8@[x0, 99999999999999999999]",
		"8@x0 8@x0 8@x0 8@x0 8@x0 8@x0 8@x0 8@x0 8@x0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (sdt_args_read(&arch_aarch64, refused[i], &(struct sdt_probe){0}) != -ENOTSUP)
			fail_msg("%s is not refused", refused[i]);
}

/* Of any machine: files are looked into on others, too. */
static void registers_are_where_the_kernel_has_them(void **state)
{
	(void)state;
	assert_int_equal(arch_aarch64.argument_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(arch_aarch64.arguments[i], X(i));
	assert_int_equal(arch_aarch64.result, X(0));
	assert_int_equal(arch_aarch64.stack_pointer, SP);
	assert_int_equal(arch_aarch64.program_counter, PC);
	assert_int_equal(arch_aarch64.stack_argument, 0);
}

/* virDomainEventLifecycleNewFromObj() and NewFromDef() of Debian. */
static void place_of_the_definition_is_read_off_libvirts_code(void **state)
{
	static const struct {
		uint32_t words[3];
		uint32_t offset; /* 0: not known */
	} passing[] = {
		{{0xf9404400, 0x17fc0f47, 0xd503201f}, 0x88}, /* Debian 11 */
		{{0xf9404800, 0x17fc1633, 0xd503201f}, 0x90}, /* 12 */
		{{0xd503245f, 0xf9404c00, 0x17fbaeae}, 0x98}, /* 13: begins with bti c */
		{{0xf9404800, 0x97fc1633, 0xd503201f}, 0},    /* bl */
		{{0xf9404801, 0x17fc1633, 0xd503201f}, 0},    /* ldr x1, [x0, #144] */
		{{0xb9404800, 0x17fc1633, 0xd503201f}, 0},    /* ldr w0, [x0, #72] */
		{{0xd503233f, 0xf9404c00, 0x17fbaeae}, 0},    /* paciasp: it is no tail call */
	};
	static const uint32_t taking[] = {0xaa0003e5, 0x2a0103e3, 0x91002002};
	uint32_t offset;

	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		bool passes = arch_aarch64.member_passed((const uint8_t *)passing[i].words,
							 sizeof(passing[i].words), &offset);

		assert_int_equal(passes ? offset : 0, passing[i].offset);
	}
	assert_false(arch_aarch64.member_passed((const uint8_t *)passing[0].words, 8, &offset));
	assert_true(arch_aarch64.member_taken((const uint8_t *)taking, sizeof(taking), 8));
	assert_false(arch_aarch64.member_taken((const uint8_t *)taking, sizeof(taking), 16));
	assert_false(arch_aarch64.member_taken((const uint8_t *)taking, 11, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_go_where_they_say),
		cmocka_unit_test(address_is_made_of_a_page_and_what_is_added),
		cmocka_unit_test(register_that_is_overwritten_is_not_known),
		cmocka_unit_test(registers_are_what_the_jump_brings),
		cmocka_unit_test(what_a_tail_call_gets_is_passed),
		cmocka_unit_test(sdt_arguments_are_read_as_compilers_write_them),
		cmocka_unit_test(sdt_argument_of_another_form_is_refused),
		cmocka_unit_test(registers_are_where_the_kernel_has_them),
		cmocka_unit_test(place_of_the_definition_is_read_off_libvirts_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
