/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's half of a migration that is over, as the store's index has it: a line of it. */
#include "store/half.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uuid/uuid.h>

/* The columns are separated by tabs: texts first, then numbers, then the figures' bounds. */
static const size_t texts[] = {
	offsetof(struct half, id),	offsetof(struct half, uuid),	offsetof(struct half, role),
	offsetof(struct half, outcome), offsetof(struct half, finding), offsetof(struct half, host),
	offsetof(struct half, peer),	offsetof(struct half, name),
};

static const size_t numbers[] = {
	offsetof(struct half, begin_ns),
	offsetof(struct half, end_ns),
	offsetof(struct half, bytes),
};

#define TEXTS	(sizeof(texts) / sizeof(texts[0]))
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static const char **text_at(struct half *half, size_t index)
{
	return (const char **)((char *)half + texts[index]);
}

static int64_t *number_at(struct half *half, size_t index)
{
	return (int64_t *)((char *)half + numbers[index]);
}

int half_write(FILE *out, const struct half *half)
{
	struct half row = *half;

	for (size_t i = 0; i < TEXTS; i++)
		fprintf(out, "%s\t", *text_at(&row, i));
	for (size_t i = 0; i < NUMBERS; i++)
		fprintf(out, "%" PRId64 "\t", *number_at(&row, i));
	for (size_t i = 0; i < FIGURES; i++)
		fprintf(out, "%" PRId64 "\t%" PRId64 "%c", row.figure[i].lo_ns, row.figure[i].hi_ns,
			i + 1 < FIGURES ? '\t' : '\n');
	return fflush(out) ? -errno : 0;
}

static bool number_read(char **at, int64_t *number)
{
	char *field = strsep(at, "\t"), *end;

	if (!field)
		return false;
	errno = 0;
	*number = strtoll(field, &end, 10);
	return end != field && !*end && !errno && *number >= -1;
}

bool half_read(char *line, struct half *half)
{
	char *at = line;
	uuid_t uuid;

	for (size_t i = 0; i < TEXTS; i++) {
		const char *text = strsep(&at, "\t");

		if (!text || !*text)
			return false;
		*text_at(half, i) = text;
	}
	for (size_t i = 0; i < NUMBERS; i++)
		if (!number_read(&at, number_at(half, i)))
			return false;
	for (size_t i = 0; i < FIGURES; i++)
		if (!number_read(&at, &half->figure[i].lo_ns) ||
		    !number_read(&at, &half->figure[i].hi_ns))
			return false;
	return half_id_is_valid(half->id) && !uuid_parse(half->uuid, uuid);
}

bool half_id_is_valid(const char *id)
{
	size_t len = strlen(id);

	return len && len < HALF_ID &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzT-") == len && *id != '-';
}

bool half_is_of(const struct half *half, const char *domain)
{
	return !strcmp(half->name, domain) || !strcasecmp(half->uuid, domain);
}
