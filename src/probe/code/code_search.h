/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What branches.c asks of each machine. */
#ifndef MIGTRACE_PROBE_CODE_CODE_SEARCH_H
#define MIGTRACE_PROBE_CODE_CODE_SEARCH_H

#include <stdbool.h>

#include "probe/code/branches.h"
#include "probe/elf/frames.h"
#include "probe/elf/image.h"

/* One section of code to look through, whose bytes have been read. */
struct code {
	const struct image_section *section;
	const struct ranges *ranges;
	const struct branch_search *search;
};

static inline bool is_target(const struct branch_search *search, uint64_t target)
{
	return target - search->lo < search->hi - search->lo;
}

/* Call search->found as branches_find says, and return what it returned last, or 0. */
int code_search_x86_64(const struct code *code);
int code_search_aarch64(const struct code *code);

#endif
