/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ELF file that another process has mapped: its symbols, sections and file offsets. */
#ifndef MIGTRACE_PROBE_ELF_IMAGE_H
#define MIGTRACE_PROBE_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_BUILD_ID_TEXT 129 /* hex of the longest build-id in use (64 bytes), with its NUL */

struct Elf; /* libelf's */
struct arch;
struct image;

/* A section, and its bytes as they are in the file once they were asked for. */
struct image_section {
	size_t index;
	const char *name; /* "" where the file has none for it */
	uint32_t type;
	uint32_t link;
	uint64_t flags;
	uint64_t address;
	const uint8_t *data; /* NULL until image_section_read; lives as long as the image */
	size_t size;	     /* 0 where the file has no bytes for it */
};

/*
 * Opens the file at path. Each section is read once, when it is needed, and none is mapped: that
 * a file is changed or truncated under us is an error at most, and no signal. Returns NULL with
 * errno: ENOEXEC where it is not an ELF64 executable or shared object that arch_of() knows, or one
 * that no linker makes (overlapping sections, thousands of them); EFBIG; or what open(2) says. The
 * caller calls image_close.
 */
struct image *image_open(const char *path);

/* The same for an open file, and by its bytes in memory; both are the image's from now on, also
 * where it is NULL. */
struct image *image_open_fd(int fd);
struct image *image_open_memory(uint8_t *bytes, size_t size);

/* Releases the image; NULL is fine. */
void image_close(struct image *image);

/* Returns the architecture that its code is for, static. */
const struct arch *image_arch(const struct image *image);

/* Where in the file the byte at the virtual address is. Returns 0, or -ENOENT where nowhere. */
int image_file_offset(const struct image *image, uint64_t address, uint64_t *file_offset);

/* The same for an address that has to be executable: -ENOENT where it is not. */
int image_code_offset(const struct image *image, uint64_t address, uint64_t *file_offset);

/* The other way: at which address the file's byte is executed. Returns 0, or -ENOENT. */
int image_code_address(const struct image *image, uint64_t file_offset, uint64_t *address);

/* Writes the build-id in hex. Returns 0; -ENOENT where there is none; -ENOSPC. */
int image_build_id(const struct image *image, char *text, size_t size);

/*
 * Steps to the section with the next higher index after section->index (start with {0}) and
 * describes it. Returns whether there was one. Sections do not overlap in the file: image_open
 * saw to that.
 */
bool image_section_next(const struct image *image, struct image_section *section);

/* Steps to the first section of that name. Returns whether there is one. */
bool image_section_named(const struct image *image, const char *name,
			 struct image_section *section);

/* Gets the section's bytes. Returns whether it has some; not of one that no linker makes so big. */
bool image_section_read(const struct image *image, struct image_section *section);

/* libelf's handle, for what it reads better than we would; the image keeps it. */
struct Elf *image_elf(const struct image *image);

#endif
