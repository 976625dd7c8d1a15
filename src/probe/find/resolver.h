/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the resolver: what it has of a file, and the parts that it is made of. */
#ifndef MIGTRACE_PROBE_FIND_RESOLVER_H
#define MIGTRACE_PROBE_FIND_RESOLVER_H

#include "probe/code/entries.h"
#include "probe/code/func_string.h"
#include "probe/elf/debug_file.h"
#include "probe/elf/frames.h"
#include "probe/find/resolve.h"

#define TABLES_MAX 8

/* One symbol table that may know the function. */
struct table {
	unsigned int way;
	const struct image *image;
	uint32_t type;
};

struct resolver {
	const struct image *image;
	struct debug_files files;
	struct table table[TABLES_MAX];
	size_t table_count;
	struct ranges ranges;
	int ranges_err;
	struct entries entries;
};

/* Refuses it; other is a name that belongs to the refusal, or NULL. */
void refuse(struct resolved *resolved, enum refusal refusal, const char *other);

/* Returns a name that the symbol tables give the function at the address; NULL: they give none. */
const char *name_at(const struct resolver *resolver, uint64_t address);

/* Finds which functions refer to the name; those of a damaged .eh_frame are not to be relied on. */
void string_look(const struct resolver *resolver, const char *name, struct referers *referers);

bool referers_have(const struct referers *referers, uint64_t address);

/* Finds it by the name string alone. */
void string_find(const struct resolver *resolver, const struct sought *sought,
		 struct resolved *resolved);

/* Returns whether branches of those kinds from other functions, or pointers, lead to the address.
 */
bool is_entered(const struct resolver *resolver, uint64_t address, unsigned int kinds);

#endif
