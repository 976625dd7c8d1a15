/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that a QEMU has for the values of one of its enumerations: they differ by version. */
#include "probe/elf/enum_names.h"

#include <elf.h>
#include <string.h>

#include "probe/arch/arch.h"
#include "probe/elf/image.h"
#include "probe/elf/symbols.h"

#define POINTER 8

/* Returns the bytes at the address up to its section's end, and in *left how many; NULL: none. */
static const uint8_t *bytes_at(const struct image *image, uint64_t address, size_t *left)
{
	struct image_section section = {0};

	while (image_section_next(image, &section)) {
		if (!(section.flags & SHF_ALLOC) || address < section.address ||
		    address - section.address >= section.size ||
		    !image_section_read(image, &section))
			continue;
		*left = section.size - (address - section.address);
		return section.data + (address - section.address);
	}
	return NULL;
}

/* Relocations that put an address of the file itself there. */
static bool is_relative(const struct image *image, const Elf64_Rela *rela)
{
	return ELF64_R_TYPE(rela->r_info) == image_arch(image)->relative;
}

static void section_relocate(const struct image *image, const struct image_section *section,
			     uint64_t address, uint64_t *pointers, size_t count)
{
	for (size_t at = 0; section->size - at >= sizeof(Elf64_Rela); at += sizeof(Elf64_Rela)) {
		Elf64_Rela rela;

		memcpy(&rela, section->data + at, sizeof(rela));
		if (rela.r_offset >= address && rela.r_offset - address < count * POINTER &&
		    (rela.r_offset - address) % POINTER == 0 && is_relative(image, &rela))
			pointers[(rela.r_offset - address) / POINTER] = (uint64_t)rela.r_addend;
	}
}

/* Reads what the pointers there will be once the file is loaded, as seen in the file. */
static int pointers_read(const struct image *image, uint64_t address, uint64_t *pointers,
			 size_t count)
{
	struct image_section section = {0};
	size_t left = 0;
	const uint8_t *bytes = bytes_at(image, address, &left);

	if (!bytes || left < count * POINTER)
		return -1;
	memcpy(pointers, bytes, count * POINTER);
	while (image_section_next(image, &section))
		if (section.type == SHT_RELA && (section.flags & SHF_ALLOC) &&
		    image_section_read(image, &section))
			section_relocate(image, &section, address, pointers, count);
	return 0;
}

static int name_read(const struct image *image, uint64_t address, char *name)
{
	size_t left = 0;
	const uint8_t *bytes = bytes_at(image, address, &left);

	if (!bytes || !memchr(bytes, '\0', left < ENUM_NAME ? left : ENUM_NAME))
		return -1;
	strcpy(name, (const char *)bytes);
	return 0;
}

/* The number stands behind the array, or behind the one pointer that newer versions have there. */
static size_t count_of(const uint64_t lookup[3])
{
	uint32_t old = (uint32_t)lookup[1], new = (uint32_t)lookup[2];

	if (old && old <= ENUM_NAMES_MAX)
		return old;
	return new <= ENUM_NAMES_MAX ? new : 0;
}

void enum_names(const struct image *image, const char *lookup, struct enum_names *names)
{
	uint64_t table[3], strings[ENUM_NAMES_MAX];
	struct symbol symbol;
	size_t count;

	memset(names, 0, sizeof(*names));
	if (symbol_object(image, lookup, &symbol) || pointers_read(image, symbol.address, table, 3))
		return;
	count = count_of(table);
	if (!count || pointers_read(image, table[0], strings, count))
		return;
	while (names->count < count &&
	       !name_read(image, strings[names->count], names->name[names->count]))
		names->count++;
	if (names->count != count)
		names->count = 0;
}
