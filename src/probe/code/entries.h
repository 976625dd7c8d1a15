/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each function of an ELF file is entered: by calls, by jumps, or by having its address taken.
 */
#ifndef MIGTRACE_PROBE_CODE_ENTRIES_H
#define MIGTRACE_PROBE_CODE_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

struct image;
struct ranges;

/* Of each range, what enters it from another one: bits of enum branch; {NULL}: not known. */
struct entries {
	uint8_t *kinds;
};

/* Looks through the code once for all ranges. entries_free() frees what it takes. */
void entries_read(const struct image *image, const struct ranges *ranges, struct entries *entries);

void entries_free(struct entries *entries);

/*
 * Returns whether an instruction of those kinds in another function has the address as its target,
 * or the file's data has it as a pointer.
 */
bool entries_have(const struct entries *entries, const struct image *image,
		  const struct ranges *ranges, uint64_t address, unsigned int kinds);

#endif
