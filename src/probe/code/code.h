/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine code at a place in an ELF file is, as far as probing has to know. */
#ifndef MIGTRACE_PROBE_CODE_CODE_H
#define MIGTRACE_PROBE_CODE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

enum code_kind {
	CODE_OTHER,
	CODE_NOP,  /* one byte: what SDT probes are */
	CODE_NOP5, /* five bytes: newer ones, which newer kernels replace by a call */
	CODE_ENDBR64,
};

#define CODE_ENDBR64_SIZE 4

/* Copies the bytes at the file offset; returns whether one section has them all. */
bool code_read(const struct image *image, uint64_t file_offset, uint8_t *bytes, size_t size);

/* Returns what kind of instruction is at the file offset. */
enum code_kind code_kind_at(const struct image *image, uint64_t file_offset);

#endif
