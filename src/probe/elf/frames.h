/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the functions of an ELF file begin and end, as its .eh_frame says for unwinding. */
#ifndef MIGTRACE_PROBE_ELF_FRAMES_H
#define MIGTRACE_PROBE_ELF_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/arch/code_search.h"

struct image;

/* The code that each FDE of .eh_frame describes, in order of their start; {0} is none. */
struct ranges {
	struct range *range;
	size_t count, room;
};

/*
 * Reads them; none where there is no .eh_frame. Returns 0; -ENOTSUP where it is written as no
 * compiler does for the file's architecture; -EINVAL where it is malformed; -ENOMEM. The caller
 * calls ranges_free in every case.
 */
int ranges_read(const struct image *image, struct ranges *ranges);

void ranges_free(struct ranges *ranges);

/* Returns the one range around the address; NULL where there is none, or several. */
const struct range *range_around(const struct ranges *ranges, uint64_t address);

#endif
