/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's half of a migration that is over, as the store's index has it: a line of it. */
#include "store/half.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

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

#define UUID_LENGTH 36
#define DIGITS_MAX  19 /* of an int64_t, and fewer than overflow a uint64_t */

/* Of 10^5 halves there are some million numbers: strtoll() takes twice as long. */
static bool number_read(char **at, int64_t *number)
{
	const char *field = strsep(at, "\t"), *digit = field;
	uint64_t value = 0;

	if (!field || !strcmp(field, "-1")) {
		*number = -1;
		return field;
	}
	for (; *digit >= '0' && *digit <= '9'; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	*number = (int64_t)value;
	return digit != field && !*digit && digit - field <= DIGITS_MAX && value <= INT64_MAX;
}

static bool uuid_is_valid(const char *uuid)
{
	return strlen(uuid) == UUID_LENGTH && strspn(uuid, "0123456789abcdef-") == UUID_LENGTH;
}

bool half_read(char *line, struct half *half)
{
	char *at = line;

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
	return half_id_is_valid(half->id) && uuid_is_valid(half->uuid);
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
