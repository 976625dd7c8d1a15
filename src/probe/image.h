/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ELF file that another process has mapped: its symbols, sections and file offsets. */
#ifndef MIGTRACE_PROBE_IMAGE_H
#define MIGTRACE_PROBE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_BUILD_ID_TEXT 129 /* hex of the longest build-id in use (64 bytes), with its NUL */

struct Elf; /* libelf's */
struct image;

/* The bytes of a section as they are in the file; they live as long as the image. */
struct image_section {
	const char *name; /* "" where the file has none for it */
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	const uint8_t *data;
	size_t size; /* 0 where the file has no bytes for it */
};

/*
 * Opens the file at path. Each section is read once, when it is needed, and none is mapped: that
 * a file is changed or truncated under us is an error at most, and no signal. Returns NULL with
 * errno: ENOEXEC where it is not an ELF64 x86-64 executable or shared object, or one
 * that no linker makes (overlapping sections, thousands of them); EFBIG; or what open(2) says. The
 * caller calls image_close.
 */
struct image *image_open(const char *path);

/* Releases the image; NULL is fine. */
void image_close(struct image *image);

/*
 * Finds the function that .symtab or .dynsym defines by that name; *file_offset is of its first
 * byte. Returns 0; -ENOENT; -EEXIST where several functions have the name; -EINVAL where it does
 * not lie in a part of the file that is mapped for execution.
 */
int image_symbol(const struct image *image, const char *name, uint64_t *file_offset);

/*
 * Tells which name the symbol tables give the function at address. Returns 1 where it is name,
 * 0 where they give none, -EEXIST where they give only others.
 */
int image_symbol_at(const struct image *image, uint64_t address, const char *name);

/* Where in the file the byte at the virtual address is. Returns 0, or -ENOENT where nowhere. */
int image_file_offset(const struct image *image, uint64_t address, uint64_t *file_offset);

/* The same for an address that has to be executable: -ENOENT where it is not. */
int image_code_offset(const struct image *image, uint64_t address, uint64_t *file_offset);

/* Writes the build-id in hex. Returns 0; -ENOENT where there is none; -ENOSPC. */
int image_build_id(const struct image *image, char *text, size_t size);

/*
 * Steps to the section with the next higher index after *index (start with 0) and describes it.
 * Returns whether there was one. Sections do not overlap in the file: image_open saw to that.
 */
bool image_section_next(const struct image *image, size_t *index, struct image_section *section);

/* libelf's handle, for what it reads better than we would; the image keeps it. */
struct Elf *image_elf(const struct image *image);

#endif
