/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the functions of a stripped file that refer to a string, as to their own name. */
#include "probe/code/func_string.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "probe/code/branches.h"
#include "probe/elf/frames.h"
#include "probe/elf/image.h"

#define STRINGS_MAX 8 /* copies of a name; each costs a look through the code */

/* A few of the ranges, each once. */
struct few {
	const struct ranges *all;
	const struct range *range[REFERERS_MAX];
	size_t count;
};

/* Adds the range around the address to the struct few that arg is; -EEXIST if it cannot. */
static int few_add(void *arg, uint64_t address, uint64_t target)
{
	struct few *few = arg;
	const struct range *range;

	(void)target;
	for (size_t i = 0; i < few->count; i++)
		if (address >= few->range[i]->start && address < few->range[i]->end)
			return 0;
	range = range_around(few->all, address);
	if (!range || few->count == REFERERS_MAX)
		return -EEXIST;
	few->range[few->count++] = range;
	return 0;
}

/* Finds the strings equal to name in that section; adds their addresses. */
static int section_strings(const struct image_section *section, const char *name,
			   uint64_t *addresses, size_t *count)
{
	const uint8_t *at = section->data, *end = at + section->size;
	size_t size = strlen(name) + 1;

	while ((at = memmem(at, (size_t)(end - at), name, size))) {
		if (at == section->data || !at[-1]) {
			if (*count == STRINGS_MAX)
				return -EEXIST;
			addresses[(*count)++] = section->address + (uint64_t)(at - section->data);
		}
		at++;
	}
	return 0;
}

static int strings_find(const struct image *image, const char *name, uint64_t *addresses,
			size_t *count)
{
	struct image_section section = {0};

	while (image_section_next(image, &section)) {
		int err;

		if (section.type != SHT_PROGBITS ||
		    (section.flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR)) != SHF_ALLOC ||
		    !image_section_read(image, &section))
			continue;
		err = section_strings(&section, name, addresses, count);
		if (err)
			return err;
	}
	return 0;
}

/* Finds the ranges whose code passes a string equal to name. */
static int ranges_referring(const struct image *image, const char *name, struct few *few)
{
	uint64_t strings[STRINGS_MAX];
	size_t count = 0;
	int err = strings_find(image, name, strings, &count);

	for (size_t i = 0; !err && i < count; i++)
		err = branches_find(image, few->all,
				    &(struct branch_search){.kinds = BRANCH_ARGUMENT,
							    .lo = strings[i],
							    .hi = strings[i] + 1,
							    .found = few_add,
							    .arg = few});
	return err;
}

/* Returns the range that the cold part was split off: the only one that jumps into it. */
static const struct range *cold_owner(const struct image *image, const struct ranges *ranges,
				      const struct range *cold)
{
	struct few sources = {.all = ranges, .range = {cold}, .count = 1};
	const struct branch_search search = {.kinds = BRANCH_JUMP,
					     .lo = cold->start,
					     .hi = cold->end,
					     .found = few_add,
					     .arg = &sources};

	if (branches_find(image, ranges, &search) || sources.count != 2 ||
	    sources.range[1]->has_frame)
		return NULL;
	return sources.range[1];
}

static void referers_add(struct referers *referers, uint64_t start)
{
	for (size_t i = 0; i < referers->count; i++)
		if (referers->start[i] == start)
			return;
	referers->start[referers->count++] = start;
}

void referers_find(const struct image *image, const struct ranges *ranges, const char *name,
		   struct referers *referers)
{
	struct few few = {.all = ranges};

	*referers = (struct referers){.is_unsure = ranges_referring(image, name, &few)};
	for (size_t i = 0; i < few.count; i++) {
		const struct range *range = few.range[i];

		if (range->has_frame)
			range = cold_owner(image, ranges, range);
		if (range)
			referers_add(referers, range->start);
		else
			referers->is_unsure = true;
	}
}
