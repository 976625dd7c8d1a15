/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a function of an ELF file is entered: by every way to know, or refused with a reason. */
#include "probe/find/resolve.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probe/code/branches.h"
#include "probe/code/func_string.h"
#include "probe/elf/image.h"
#include "probe/elf/symbols.h"
#include "probe/find/resolver.h"

#define VARIANTS_MAX 16

/* A symbol of that name with a suffix of the compiler's: ".part.0", ".constprop.0", ".cold" ... */
struct variant {
	const char *name;
	uint64_t address;
	unsigned int ways;
};

/* What the symbol tables say of a name. */
struct lookup {
	const char *name;
	unsigned int way;  /* of the table that is looked through */
	unsigned int ways; /* that know the name */
	uint64_t address;  /* 0: none does */
	enum refusal refusal;
	struct variant variant[VARIANTS_MAX];
	size_t variant_count;
};

static void table_add(struct resolver *resolver, unsigned int way, const struct image *image,
		      uint32_t type)
{
	if (image)
		resolver->table[resolver->table_count++] = (struct table){way, image, type};
}

struct resolver *resolver_open(const struct image *image, const struct debug_place *place)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->image = image;
	resolver->ranges_err = ranges_read(image, &resolver->ranges);
	entries_read(image, &resolver->ranges, &resolver->entries);
	debug_files_open(image, place, &resolver->files);
	table_add(resolver, WAY_SYMTAB, image, SHT_SYMTAB);
	table_add(resolver, WAY_DYNSYM, image, SHT_DYNSYM);
	table_add(resolver, WAY_BUILD_ID, resolver->files.by_build_id, SHT_SYMTAB);
	table_add(resolver, WAY_DEBUGLINK, resolver->files.by_link, SHT_SYMTAB);
	table_add(resolver, WAY_MINI, resolver->files.mini, SHT_SYMTAB);
	table_add(resolver, WAY_DEBUGINFOD, resolver->files.by_debuginfod, SHT_SYMTAB);
	return resolver;
}

void resolver_close(struct resolver *resolver)
{
	if (!resolver)
		return;
	entries_free(&resolver->entries);
	ranges_free(&resolver->ranges);
	debug_files_close(&resolver->files);
	free(resolver);
}

void refuse(struct resolved *resolved, enum refusal refusal, const char *other)
{
	size_t i;

	resolved->refusal = refusal;
	for (i = 0; other && other[i] && i < sizeof(resolved->other) - 1; i++)
		resolved->other[i] = text_ascii(other[i], '?');
	resolved->other[i] = '\0';
}

/* A cold part is entered from its function only, or from a clone of that: none is called. */
static bool is_cold(const char *name, const char *variant)
{
	return strstr(variant + strlen(name), ".cold");
}

/* Link-time optimisation renames what was static, GCC's and LLVM's: it is the function itself. */
static bool is_renamed(const char *name, const char *variant)
{
	static const char *const suffixes[] = {".lto_priv.", ".llvm."};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const char *suffix = variant + strlen(name);
		size_t length = strlen(suffixes[i]);

		if (!strncmp(suffix, suffixes[i], length) &&
		    suffix[length + strspn(suffix + length, "0123456789")] == '\0')
			return true;
	}
	return false;
}

static void variant_add(struct lookup *lookup, const char *name, uint64_t address)
{
	size_t i = 0;

	while (i < lookup->variant_count && lookup->variant[i].address != address)
		i++;
	if (i == VARIANTS_MAX) {
		lookup->refusal = REFUSAL_SEVERAL;
		return;
	}
	if (i == lookup->variant_count)
		lookup->variant[lookup->variant_count++] = (struct variant){name, address, 0};
	lookup->variant[i].ways |= lookup->way;
}

static int on_function(void *arg, const char *name, const struct symbol *symbol)
{
	struct lookup *lookup = arg;
	size_t length = strlen(lookup->name);

	if (strncmp(name, lookup->name, length) != 0)
		return 0;
	if (name[length] == '.' && !is_cold(lookup->name, name))
		variant_add(lookup, name, symbol->address);
	if (name[length])
		return 0;
	if (lookup->address && lookup->address != symbol->address)
		lookup->refusal = lookup->ways & ~lookup->way ? REFUSAL_DISAGREE : REFUSAL_SEVERAL;
	lookup->address = symbol->address;
	lookup->ways |= lookup->way;
	return 0;
}

static void tables_look(const struct resolver *resolver, struct lookup *lookup)
{
	for (size_t i = 0; i < resolver->table_count; i++) {
		const struct table *table = &resolver->table[i];

		lookup->way = table->way;
		symbols_walk(table->image, &(struct symbol_walk){.table = table->type,
								 .type = STT_FUNC,
								 .found = on_function,
								 .arg = lookup});
	}
}

/* Looks for a symbol at an address. */
struct at {
	uint64_t address;
	const char *name; /* NULL: none yet */
};

static int on_function_at(void *arg, const char *name, const struct symbol *symbol)
{
	struct at *at = arg;

	if (symbol->address != at->address)
		return 0;
	at->name = name;
	return 1;
}

const char *name_at(const struct resolver *resolver, uint64_t address)
{
	struct at at = {address, NULL};

	for (size_t i = 0; !at.name && i < resolver->table_count; i++)
		symbols_walk(resolver->table[i].image,
			     &(struct symbol_walk){.table = resolver->table[i].type,
						   .type = STT_FUNC,
						   .found = on_function_at,
						   .arg = &at});
	return at.name;
}

bool is_entered(const struct resolver *resolver, uint64_t address, unsigned int kinds)
{
	return entries_have(&resolver->entries, resolver->image, &resolver->ranges, address, kinds);
}

/* Whether a branch comes from other code than that of the two ranges. */
struct outside {
	const struct range *function, *clone;
};

static bool is_in(const struct range *range, uint64_t address)
{
	return range && address >= range->start && address < range->end;
}

static int on_branch(void *arg, uint64_t from, uint64_t target)
{
	const struct outside *outside = arg;

	(void)target;
	return !is_in(outside->function, from) && !is_in(outside->clone, from);
}

/* Returns whether others than the function itself use its clone: those calls would be missed. */
static bool clone_is_used(const struct resolver *resolver, uint64_t function, uint64_t clone)
{
	struct outside outside = {range_around(&resolver->ranges, function),
				  range_around(&resolver->ranges, clone)};
	const struct branch_search search = {
		.kinds = BRANCH_CALL | BRANCH_JUMP | BRANCH_REFERENCE,
		.lo = clone,
		.hi = clone + 1,
		.found = on_branch,
		.arg = &outside,
	};

	return pointer_exists(resolver->image, clone) ||
	       branches_find(resolver->image, &resolver->ranges, &search);
}

/* A part of it, or a clone, that has the reference is no other place. */
static bool is_variant(const struct lookup *lookup, uint64_t address)
{
	for (size_t i = 0; i < lookup->variant_count; i++)
		if (lookup->variant[i].address == address)
			return true;
	return false;
}

/*
 * Checks what symbols say against the references to the name string, where these are clear. One in
 * another function is the code of this one that was inlined there: those calls would be missed.
 */
static void string_compare(const struct resolver *resolver, const struct lookup *lookup,
			   const char *name, struct resolved *resolved)
{
	struct referers referers;
	bool is_there;

	string_look(resolver, name, &referers);
	is_there = referers_have(&referers, lookup->address);
	if (is_there)
		resolved->ways |= WAY_STRING;
	for (size_t i = 0; i < referers.count && !referers.is_unsure; i++)
		if (referers.start[i] != lookup->address && !is_variant(lookup, referers.start[i]))
			refuse(resolved, is_there ? REFUSAL_INLINED : REFUSAL_DISAGREE,
			       name_at(resolver, referers.start[i]));
}

/* Checks the function that symbols give. */
static void symbol_check(const struct resolver *resolver, const struct lookup *lookup,
			 const struct sought *sought, struct resolved *resolved)
{
	const struct range *range = range_around(&resolver->ranges, lookup->address);

	resolved->ways = lookup->ways;
	if (image_code_offset(resolver->image, lookup->address, &resolved->offset)) {
		refuse(resolved, REFUSAL_OUTSIDE, NULL);
		return;
	}
	if (!resolver->ranges_err && range && range->start != lookup->address) {
		refuse(resolved, REFUSAL_INSIDE, name_at(resolver, range->start));
		return;
	}
	for (size_t i = 0; i < lookup->variant_count; i++) {
		const struct variant *variant = &lookup->variant[i];

		if (variant->address != lookup->address &&
		    clone_is_used(resolver, lookup->address, variant->address)) {
			refuse(resolved, REFUSAL_SPLIT, variant->name);
			return;
		}
	}
	string_compare(resolver, lookup, sought->inner ?: sought->name, resolved);
	if (!resolved->refusal && !sought->is_others &&
	    !is_entered(resolver, lookup->address, BRANCH_CALL | BRANCH_JUMP | BRANCH_REFERENCE))
		refuse(resolved, REFUSAL_UNCALLED, NULL);
}

/* If no symbol has the name itself, and one is that of a function renamed, takes that one. */
static void renamed_take(struct lookup *lookup)
{
	const struct variant *found = NULL;

	for (size_t i = 0; !lookup->address && i < lookup->variant_count; i++) {
		const struct variant *variant = &lookup->variant[i];

		if (!is_renamed(lookup->name, variant->name))
			continue;
		if (found)
			return;
		found = variant;
	}
	if (!found)
		return;
	lookup->address = found->address;
	lookup->ways = found->ways;
}

bool resolver_find(const struct resolver *resolver, const struct sought *sought,
		   struct resolved *resolved)
{
	struct lookup lookup = {.name = sought->name};

	*resolved = (struct resolved){0};
	tables_look(resolver, &lookup);
	renamed_take(&lookup);
	if (lookup.refusal)
		refuse(resolved, lookup.refusal, NULL);
	else if (lookup.address)
		symbol_check(resolver, &lookup, sought, resolved);
	else if (lookup.variant_count)
		refuse(resolved, lookup.variant_count > 1 ? REFUSAL_SEVERAL : REFUSAL_CLONE,
		       lookup.variant[0].name);
	else
		string_find(resolver, sought, resolved);
	return !resolved->refusal;
}
