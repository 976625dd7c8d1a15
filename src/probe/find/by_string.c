/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a function is, by its own name as a string that its code refers to. */
#include <errno.h>
#include <string.h>

#include "probe/code/branches.h"
#include "probe/elf/image.h"
#include "probe/find/resolver.h"

void string_look(const struct resolver *resolver, const char *name, struct referers *referers)
{
	*referers = (struct referers){0};
	if (!resolver->ranges_err)
		referers_find(resolver->image, &resolver->ranges, name, referers);
}

bool referers_have(const struct referers *referers, uint64_t address)
{
	for (size_t i = 0; i < referers->count; i++)
		if (referers->start[i] == address)
			return true;
	return false;
}

/* Returns the caller that the function was inlined into, or NULL. */
static const char *inlined_into(const struct resolver *resolver, const struct sought *sought,
				uint64_t address)
{
	struct referers referers;

	for (size_t i = 0; i < sought->callers_max && sought->callers[i]; i++) {
		if (!strcmp(sought->callers[i], sought->name))
			continue;
		string_look(resolver, sought->callers[i], &referers);
		if (referers_have(&referers, address))
			return sought->callers[i];
	}
	return NULL;
}

static enum refusal why_no_string(const struct resolver *resolver, const struct referers *referers)
{
	if (resolver->ranges_err)
		return resolver->ranges_err == -ENOTSUP ? REFUSAL_ENCODING : REFUSAL_DAMAGED;
	if (referers->is_unsure || referers->count > 1)
		return REFUSAL_REFERENCES;
	return referers->count ? REFUSAL_NONE : REFUSAL_ABSENT;
}

/* Something has to call the address or take it, which nothing does to a cold part. */
void string_find(const struct resolver *resolver, const struct sought *sought,
		 struct resolved *resolved)
{
	struct referers referers;
	const char *other;
	uint64_t address;

	string_look(resolver, sought->name, &referers);
	refuse(resolved, why_no_string(resolver, &referers), NULL);
	if (resolved->refusal)
		return;
	address = referers.start[0];
	other = name_at(resolver, address);
	if (!other)
		other = inlined_into(resolver, sought, address);
	if (other)
		refuse(resolved, REFUSAL_INLINED, other);
	else if (!is_entered(resolver, address, BRANCH_CALL | BRANCH_REFERENCE))
		refuse(resolved, REFUSAL_ENTRY, NULL);
	else if (image_code_offset(resolver->image, address, &resolved->offset))
		refuse(resolved, REFUSAL_OUTSIDE, NULL);
	else
		resolved->ways = WAY_STRING;
}
