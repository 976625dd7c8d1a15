/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions of an ELF file call, jump to or refer to a place. */
#ifndef MIGTRACE_PROBE_CODE_BRANCHES_H
#define MIGTRACE_PROBE_CODE_BRANCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/arch/code_search.h"

struct image;
struct ranges;

/*
 * Calls found for each such instruction in the image's code. On x86-64 all 4 bytes are looked at
 * as if they were the displacement that ends such an instruction: what is none has the target that
 * is looked for once in 2^32, and is found, too. Returns what found returned last, or 0.
 */
int branches_find(const struct image *image, const struct ranges *ranges,
		  const struct branch_search *search);

/*
 * Returns whether the file's data has a pointer to the address: in a table of callbacks, or where
 * the linker keeps those of functions that are exported.
 */
bool pointer_exists(const struct image *image, uint64_t address);

#endif
