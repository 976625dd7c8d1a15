/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a variable of an ELF file is, as seen from its code. */
#ifndef MIGTRACE_PROBE_ELF_OBJECT_H
#define MIGTRACE_PROBE_ELF_OBJECT_H

#include <stdint.h>

struct image;

/*
 * Tells how far the variable that .symtab or .dynsym defines by that name is from the code at the
 * file offset, when both are mapped. Returns 0, or -ENOENT where either is not to be found.
 */
int object_distance(const struct image *image, const char *name, uint64_t file_offset,
		    int64_t *distance);

#endif
