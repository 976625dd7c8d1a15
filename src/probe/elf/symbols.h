/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The symbol tables of an ELF file. */
#ifndef MIGTRACE_PROBE_ELF_SYMBOLS_H
#define MIGTRACE_PROBE_ELF_SYMBOLS_H

#include <stdint.h>

struct image;

/* Where it is, and how many bytes it has. */
struct symbol {
	uint64_t address, size;
};

/* What to look for: symbols of one type (STT_FUNC, STT_OBJECT) that one table defines. */
struct symbol_walk {
	uint32_t table; /* SHT_SYMTAB or SHT_DYNSYM */
	uint8_t type;
	/* Not 0 ends the walk. */
	int (*found)(void *arg, const char *name, const struct symbol *symbol);
	void *arg;
};

/*
 * Calls found for each of the symbols in the first table of that kind (the gABI allows one); the
 * name lives as long as the image. Returns what found returned last, or 0. What is damaged is
 * passed over.
 */
int symbols_walk(const struct image *image, const struct symbol_walk *walk);

/*
 * Tells the address of the function that .symtab or .dynsym defines by that name. Returns 0;
 * -ENOENT; -EEXIST where several functions have the name.
 */
int symbol_function(const struct image *image, const char *name, uint64_t *address);

/* The same for a variable; of several with the name one is given. Returns 0 or -ENOENT. */
int symbol_object(const struct image *image, const char *name, struct symbol *symbol);

#endif
