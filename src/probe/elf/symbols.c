/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The symbol tables of an ELF file. */
#include "probe/elf/symbols.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "probe/elf/image.h"

/* The symbols of one table, and the bytes that their names are in, of which the last is NUL. */
struct symbols {
	Elf_Data *data;
	int count;
	const char *names;
	size_t names_size;
};

static bool table_find(const struct image *image, uint32_t type, struct image_section *table)
{
	*table = (struct image_section){0};
	while (image_section_next(image, table))
		if (table->type == type)
			return true;
	return false;
}

static bool symbols_open(const struct image *image, uint32_t type, struct symbols *symbols)
{
	struct image_section table, names;

	if (!table_find(image, type, &table) || !table.link)
		return false;
	names = (struct image_section){.index = table.link - 1};
	if (!image_section_next(image, &names) || !image_section_read(image, &names) ||
	    names.data[names.size - 1] || !image_section_read(image, &table))
		return false;
	symbols->data = elf_getdata(elf_getscn(image_elf(image), table.index), NULL);
	if (!symbols->data)
		return false;
	symbols->count = (int)(symbols->data->d_size / sizeof(Elf64_Sym));
	symbols->names = (const char *)names.data;
	symbols->names_size = names.size;
	return true;
}

int symbols_walk(const struct image *image, const struct symbol_walk *walk)
{
	struct symbols symbols;
	GElf_Sym symbol;
	int stop = 0;

	if (!symbols_open(image, walk->table, &symbols))
		return 0;
	for (int i = 0; !stop && i < symbols.count; i++) {
		if (!gelf_getsym(symbols.data, i, &symbol))
			break;
		if (GELF_ST_TYPE(symbol.st_info) == walk->type && symbol.st_shndx != SHN_UNDEF &&
		    symbol.st_value && symbol.st_name < symbols.names_size)
			stop = walk->found(walk->arg, symbols.names + symbol.st_name,
					   &(struct symbol){symbol.st_value, symbol.st_size});
	}
	return stop;
}

struct wanted {
	const char *name;
	struct symbol symbol; /* address 0: not found yet */
};

static int on_symbol(void *arg, const char *name, const struct symbol *symbol)
{
	struct wanted *wanted = arg;

	if (strcmp(name, wanted->name))
		return 0;
	if (wanted->symbol.address && wanted->symbol.address != symbol->address)
		return -EEXIST;
	wanted->symbol = *symbol;
	return 0;
}

static int symbol_find(const struct image *image, const char *name, uint8_t type,
		       struct symbol *symbol)
{
	static const uint32_t tables[] = {SHT_SYMTAB, SHT_DYNSYM};
	struct wanted wanted = {name, {0}};
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++)
		err = symbols_walk(image, &(struct symbol_walk){.table = tables[i],
								.type = type,
								.found = on_symbol,
								.arg = &wanted});
	if (!err && !wanted.symbol.address)
		err = -ENOENT;
	*symbol = wanted.symbol;
	return err;
}

int symbol_function(const struct image *image, const char *name, uint64_t *address)
{
	struct symbol symbol;
	int err = symbol_find(image, name, STT_FUNC, &symbol);

	*address = symbol.address;
	return err;
}

int symbol_object(const struct image *image, const char *name, struct symbol *symbol)
{
	int err = symbol_find(image, name, STT_OBJECT, symbol);

	return err == -EEXIST ? 0 : err;
}
