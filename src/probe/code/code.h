/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine code at a place in an ELF file is, as far as probing has to know. */
#ifndef MIGTRACE_PROBE_CODE_CODE_H
#define MIGTRACE_PROBE_CODE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/arch/arch.h"

struct image;

/* Copies the bytes at the file offset; returns whether one section has them all. */
bool code_read(const struct image *image, uint64_t file_offset, uint8_t *bytes, size_t size);

/* Returns what instruction is at the file offset, static; NULL where it is none that is known. */
const struct arch_code *code_at(const struct image *image, uint64_t file_offset);

/* Returns the offset behind the mark with which the function there may begin. */
uint64_t code_behind_mark(const struct image *image, uint64_t file_offset);

/*
 * Returns the offset behind the instruction there, if all that it does is to give one of a
 * function's arguments a constant, and *argument, from 0; else the offset of the instruction.
 */
uint64_t code_behind_constant(const struct image *image, uint64_t file_offset, size_t *argument);

#endif
