/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine code at a place in an ELF file is, as far as probing has to know. */
#include "probe/code/code.h"

#include <elf.h>
#include <string.h>

#include "probe/elf/image.h"

bool code_read(const struct image *image, uint64_t file_offset, uint8_t *bytes, size_t size)
{
	struct image_section section = {0};
	uint64_t start;

	while (image_section_next(image, &section)) {
		if (!(section.flags & SHF_ALLOC) ||
		    image_file_offset(image, section.address, &start) || file_offset < start ||
		    file_offset - start > section.size ||
		    section.size - (file_offset - start) < size ||
		    !image_section_read(image, &section))
			continue;
		memcpy(bytes, section.data + (file_offset - start), size);
		return true;
	}
	return false;
}

enum code_kind code_kind_at(const struct image *image, uint64_t file_offset)
{
	static const struct {
		enum code_kind kind;
		uint8_t size, bytes[5];
	} known[] = {
		{CODE_NOP, 1, {0x90}},
		{CODE_ENDBR64, CODE_ENDBR64_SIZE, {0xf3, 0x0f, 0x1e, 0xfa}},
		{CODE_NOP5, 5, {0x0f, 0x1f, 0x44, 0x00, 0x00}},
	};
	uint8_t bytes[5];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (code_read(image, file_offset, bytes, known[i].size) &&
		    !memcmp(bytes, known[i].bytes, known[i].size))
			return known[i].kind;
	return CODE_OTHER;
}
