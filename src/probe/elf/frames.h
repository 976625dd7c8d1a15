/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the functions of an ELF file begin and end, as its .eh_frame says for unwinding. */
#ifndef MIGTRACE_PROBE_ELF_FRAMES_H
#define MIGTRACE_PROBE_ELF_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

/* The code that one FDE of .eh_frame describes. */
struct range {
	uint64_t start, end; /* addresses */
	bool has_frame; /* already where it starts: no function does, but GCC's cold parts do */
};

/* In order of their start; {0} is none. */
struct ranges {
	struct range *range;
	size_t count, room;
};

/*
 * Reads them; none where there is no .eh_frame. Returns 0; -ENOTSUP where it is written as no
 * compiler for x86-64 or aarch64 does; -EINVAL where it is malformed; -ENOMEM. The caller calls
 * ranges_free in every case.
 */
int ranges_read(const struct image *image, struct ranges *ranges);

void ranges_free(struct ranges *ranges);

/* Returns the one range around the address; NULL where there is none, or several. */
const struct range *range_around(const struct ranges *ranges, uint64_t address);

#endif
