/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls, jumps and references in the code of x86-64. */
#include <stddef.h>
#include <string.h>

#include "probe/code/code_search.h"

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
 * Returns where the next distance of a reference may be, from there on. They have 0x8d two bytes
 * before it, which memchr() finds much faster than a look at each place does; of QEMU's code there
 * are 7 MiB.
 */
static size_t reference_next(const struct image_section *section, size_t at)
{
	const uint8_t *found;

	if (at < 3)
		at = 3;
	if (at - 2 >= section->size)
		return section->size;
	found = memchr(section->data + at - 2, 0x8d, section->size - (at - 2));
	return found ? (size_t)(found - section->data) + 2 : section->size;
}

/* What does not change is in variables of its own: the compiler cannot know that it does not. */
int code_search_x86_64(const struct code *code)
{
	const struct image_section *section = code->section;
	const struct branch_search *search = code->search;
	const uint8_t *data = section->data;
	const size_t end =
		section->size < sizeof(int32_t) ? 0 : section->size - sizeof(int32_t) + 1;
	const bool is_by_byte = search->kinds & (BRANCH_CALL | BRANCH_JUMP);
	int32_t distance;
	/* The end of an instruction at the very beginning, seen from the places that are wanted. */
	const uint64_t ahead = section->address + sizeof(distance) - search->lo;
	const uint64_t width = search->hi - search->lo;

	for (size_t at = 0;; at++) {
		size_t length;
		int stop;

		if (!is_by_byte)
			at = reference_next(section, at);
		if (at >= end)
			return 0;
		memcpy(&distance, data + at, sizeof(distance));
		if (ahead + at + (uint64_t)(int64_t)distance >= width)
			continue;
		length = opcode_before(data, at, search->kinds);
		stop = length ? search->found(search->arg, section->address + at - length) : 0;
		if (stop)
			return stop;
	}
}
