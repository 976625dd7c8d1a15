/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a variable of an ELF file is, as seen from its code. */
#include "probe/object.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "probe/image.h"

/* Returns the variable's address in one symbol table, or -ENOENT. */
static int table_find(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
		      uint64_t *address)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *its;

		if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF)
			continue;
		its = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (its && !strcmp(its, name)) {
			*address = symbol.st_value;
			return 0;
		}
	}
	return -ENOENT;
}

static int object_find(Elf *elf, const char *name, uint64_t *address)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		if ((header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) &&
		    !table_find(elf, section, &header, name, address))
			return 0;
	}
	return -ENOENT;
}

static int code_address(Elf *elf, uint64_t file_offset, uint64_t *address)
{
	GElf_Phdr segment;

	for (int i = 0; gelf_getphdr(elf, i, &segment); i++) {
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) ||
		    file_offset < segment.p_offset ||
		    file_offset - segment.p_offset >= segment.p_filesz)
			continue;
		*address = file_offset - segment.p_offset + segment.p_vaddr;
		return 0;
	}
	return -ENOENT;
}

int object_distance(const struct image *image, const char *name, uint64_t file_offset,
		    int64_t *distance)
{
	uint64_t object, code;

	if (object_find(image_elf(image), name, &object) ||
	    code_address(image_elf(image), file_offset, &code))
		return -ENOENT;
	*distance = (int64_t)(object - code);
	return 0;
}
