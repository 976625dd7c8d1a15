/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A piece of machine code, and which of its instructions are looked for. */
#ifndef MIGTRACE_PROBE_ARCH_CODE_SEARCH_H
#define MIGTRACE_PROBE_ARCH_CODE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of instructions: bits. */
enum branch {
	BRANCH_REFERENCE = 1, /* takes the address: lea disp32(%rip); adrp and add */
	BRANCH_CALL = 2,
	BRANCH_JUMP = 4,
	BRANCH_ARGUMENT = 8, /* calls with the address as an argument; x86-64: any reference */
};

/* What to look for: instructions of some kinds whose target is in [lo, hi). */
struct branch_search {
	unsigned int kinds;
	uint64_t lo, hi;
	/* Of which address, and which one is meant. Anything but 0 ends the search. */
	int (*found)(void *arg, uint64_t from, uint64_t target);
	void *arg;
};

/* The code of one function, or of a part of it. */
struct range {
	uint64_t start, end; /* addresses */
	bool has_frame; /* already where it starts: no function does, but GCC's cold parts do */
};

struct code {
	uint64_t address;
	const uint8_t *data;
	size_t size;
	const struct range *range; /* of the whole file, in order of their start */
	size_t range_count;
};

static inline bool is_target(const struct branch_search *search, uint64_t target)
{
	return target - search->lo < search->hi - search->lo;
}

#endif
