/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is found in code of aarch64, instruction by instruction (words as objdump shows them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "probe/arch/arch.h"

#define CODE  0x126000 /* address of the first word */
#define FOUND 8

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_go_where_they_say),
		cmocka_unit_test(address_is_made_of_a_page_and_what_is_added),
		cmocka_unit_test(register_that_is_overwritten_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
