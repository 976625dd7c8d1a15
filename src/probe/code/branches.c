/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions of an ELF file call, jump to or refer to a place. */
#include "probe/code/branches.h"

#include <gelf.h>
#include <string.h>

#include "probe/arch/arch.h"
#include "probe/elf/frames.h"
#include "probe/elf/image.h"

int branches_find(const struct image *image, const struct ranges *ranges,
		  const struct branch_search *search)
{
	struct image_section section = {0};

	while (image_section_next(image, &section)) {
		struct code code;
		int stop;

		if (section.type != SHT_PROGBITS || !(section.flags & SHF_EXECINSTR) ||
		    !image_section_read(image, &section))
			continue;
		code = (struct code){section.address, section.data, section.size, ranges->range,
				     ranges->count};
		stop = image_arch(image)->code_search(&code, search);
		if (stop)
			return stop;
	}
	return 0;
}

/* Returns whether the relocation is by the symbol of a function that is there, as what is exported
 * is called where another file's could be in its place. */
static bool is_symbols(Elf_Data *symbols, const GElf_Rela *rela, uint64_t address)
{
	GElf_Sym symbol;

	return symbols && GELF_R_SYM(rela->r_info) && !rela->r_addend &&
	       gelf_getsym(symbols, (int)GELF_R_SYM(rela->r_info), &symbol) &&
	       GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_value == address;
}

/* Returns the symbols by which the section's relocations are; NULL: there are none. */
static Elf_Data *symbols_of(const struct image *image, const struct image_section *section)
{
	struct image_section table = {.index = section->link - 1};

	if (!section->link || !image_section_next(image, &table) ||
	    !image_section_read(image, &table))
		return NULL;
	return elf_getdata(elf_getscn(image_elf(image), table.index), NULL);
}

static bool relocation_has(const struct image *image, const struct image_section *section,
			   uint64_t address)
{
	uint32_t relative = image_arch(image)->relative;
	Elf_Data *data = elf_getdata(elf_getscn(image_elf(image), section->index), NULL);
	Elf_Data *symbols = symbols_of(image, section);
	size_t count = data ? data->d_size / sizeof(Elf64_Rela) : 0;
	GElf_Rela rela;

	for (size_t i = 0; i < count && gelf_getrela(data, (int)i, &rela); i++)
		if (GELF_R_TYPE(rela.r_info) == relative ? (uint64_t)rela.r_addend == address
							 : is_symbols(symbols, &rela, address))
			return true;
	return false;
}

/* Where relocations are packed (RELR), or the file is not to be moved, the pointer is in place. */
static bool data_has(const struct image_section *section, uint64_t address)
{
	for (size_t i = 0; section->size - i >= sizeof(address); i += sizeof(address))
		if (!memcmp(section->data + i, &address, sizeof(address)))
			return true;
	return false;
}

bool pointer_exists(const struct image *image, uint64_t address)
{
	struct image_section section = {0};

	while (image_section_next(image, &section)) {
		bool has_relocations = section.type == SHT_RELA;

		if (!(section.flags & SHF_ALLOC) ||
		    !(has_relocations || section.flags & SHF_WRITE) ||
		    !image_section_read(image, &section))
			continue;
		if (has_relocations ? relocation_has(image, &section, address)
				    : data_has(&section, address))
			return true;
	}
	return false;
}
