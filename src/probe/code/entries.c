/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each function of an ELF file is entered: by calls, by jumps, or by having its address taken.
 */
#include "probe/code/entries.h"

#include <stddef.h>
#include <stdlib.h>

#include "probe/code/branches.h"
#include "probe/elf/frames.h"

/* A walk through all branches of some kinds. */
struct walk {
	const struct ranges *ranges;
	uint8_t *kinds; /* by range */
	unsigned int kind;
};

/* Returns the number of the first range that starts there; ranges->count: none does. */
static size_t range_at(const struct ranges *ranges, uint64_t address)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->range[middle].start < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count && ranges->range[low].start == address ? low : ranges->count;
}

/* A function that calls itself alone is called by nobody. */
static int on_branch(void *arg, uint64_t from, uint64_t target)
{
	struct walk *walk = arg;
	size_t i = range_at(walk->ranges, target);

	if (i < walk->ranges->count && (from < target || from >= walk->ranges->range[i].end))
		walk->kinds[i] |= (uint8_t)walk->kind;
	return 0;
}

void entries_read(const struct image *image, const struct ranges *ranges, struct entries *entries)
{
	static const unsigned int kinds[] = {BRANCH_CALL, BRANCH_JUMP, BRANCH_REFERENCE};
	struct walk walk = {.ranges = ranges};

	*entries = (struct entries){NULL};
	if (ranges->count)
		walk.kinds = calloc(ranges->count, 1);
	for (size_t i = 0; walk.kinds && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		walk.kind = kinds[i];
		branches_find(image, ranges,
			      &(struct branch_search){
				      .kinds = kinds[i],
				      .lo = ranges->range[0].start,
				      .hi = ranges->range[ranges->count - 1].start + 1,
				      .found = on_branch,
				      .arg = &walk,
			      });
	}
	entries->kinds = walk.kinds;
}

void entries_free(struct entries *entries)
{
	free(entries->kinds);
	*entries = (struct entries){NULL};
}

static int on_any(void *arg, uint64_t from, uint64_t target)
{
	(void)arg, (void)from, (void)target;
	return 1;
}

bool entries_have(const struct entries *entries, const struct image *image,
		  const struct ranges *ranges, uint64_t address, unsigned int kinds)
{
	size_t i = range_at(ranges, address);
	const struct branch_search search = {
		.kinds = kinds, .lo = address, .hi = address + 1, .found = on_any};
	bool is_known = entries->kinds && i < ranges->count;

	return (is_known ? entries->kinds[i] & kinds
			 : branches_find(image, ranges, &search) == 1) ||
	       pointer_exists(image, address);
}
