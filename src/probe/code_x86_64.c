/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls, jumps and references in the code of x86-64. */
#include <stddef.h>
#include <string.h>

#include "probe/code_search.h"

/* Returns how many bytes the opcode has that ends before code[at], if it is of those kinds, or 0.
 */
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
 * Returns where the next distance may be, from there on. References have 0x8d two bytes before it,
 * which memchr() finds much faster than a look at each place does; of QEMU's code there are 6 MiB.
 */
static size_t candidate_next(const struct image_section *section, size_t at, unsigned int kinds)
{
	const uint8_t *found;

	if (kinds & ~(unsigned int)(BRANCH_REFERENCE | BRANCH_ARGUMENT))
		return at;
	if (at < 3)
		at = 3;
	if (at - 2 >= section->size)
		return section->size;
	found = memchr(section->data + at - 2, 0x8d, section->size - (at - 2));
	return found ? (size_t)(found - section->data) + 2 : section->size;
}

int code_search_x86_64(const struct code *code)
{
	const struct image_section *section = code->section;
	const struct branch_search *search = code->search;
	int32_t distance;

	for (size_t at = candidate_next(section, 0, search->kinds);
	     at < section->size && section->size - at >= sizeof(distance);
	     at = candidate_next(section, at + 1, search->kinds)) {
		uint64_t end = section->address + at + sizeof(distance);
		size_t length;
		int stop;

		memcpy(&distance, section->data + at, sizeof(distance));
		if (!is_target(search, end + (uint64_t)(int64_t)distance))
			continue;
		length = opcode_before(section->data, at, search->kinds);
		stop = length ? search->found(search->arg, section->address + at - length) : 0;
		if (stop)
			return stop;
	}
	return 0;
}
