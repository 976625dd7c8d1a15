/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions of an ELF file call, jump to or refer to a place. */
#ifndef MIGTRACE_PROBE_CODE_BRANCHES_H
#define MIGTRACE_PROBE_CODE_BRANCHES_H

#include <stdbool.h>
#include <stdint.h>

struct image;
struct ranges;

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
	int (*found)(void *arg, uint64_t from); /* anything but 0 ends the search */
	void *arg;
};

/*
 * Calls found for each such instruction in the image's code. On x86-64 all 4 bytes are looked at
 * as if they were the displacement that ends such an instruction: what is none has the target that
 * is looked for once in 2^32, and is found, too. Returns what found returned last, or 0.
 */
int branches_find(const struct image *image, const struct ranges *ranges,
		  const struct branch_search *search);

/* Returns whether the file's data has a pointer to the address, as for a table of callbacks. */
bool pointer_exists(const struct image *image, uint64_t address);

#endif
