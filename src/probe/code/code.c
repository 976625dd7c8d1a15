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

const struct arch_code *code_at(const struct image *image, uint64_t file_offset)
{
	const struct arch *arch = image_arch(image);
	uint8_t bytes[ARCH_KIND_BYTES];

	for (size_t i = 0; i < arch->code_count; i++)
		if (code_read(image, file_offset, bytes, arch->codes[i].size) &&
		    !memcmp(bytes, arch->codes[i].bytes, arch->codes[i].size))
			return &arch->codes[i];
	return NULL;
}

uint64_t code_behind_mark(const struct image *image, uint64_t file_offset)
{
	const struct arch_code *code = code_at(image, file_offset);

	return code && code->kind == CODE_ENTRY_MARK ? file_offset + code->size : file_offset;
}

uint64_t code_behind_constant(const struct image *image, uint64_t file_offset, size_t *argument)
{
	const struct arch *arch = image_arch(image);
	uint8_t bytes[ARCH_KIND_BYTES];

	if (!arch->argument_set || !code_read(image, file_offset, bytes, sizeof(bytes)))
		return file_offset;
	return file_offset + arch->argument_set(bytes, sizeof(bytes), argument);
}
