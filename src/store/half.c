/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's half of a migration that is over, as the store's index has it: a line of it. */
#include "store/half.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

/* As strsep(3) with a tab, but of some million fields, which 10^5 halves have, that takes much
 * longer; and so would strtoll(3) of the numbers, and strspn(3) of the ids. */
static char *field_next(char **at)
{
	char *field = *at, *tab = field ? strchr(field, '\t') : NULL;

	if (tab)
		*tab++ = '\0';
	*at = tab;
	return field;
}

static bool number_read(char **at, int64_t *number)
{
	const char *digit = *at;
	uint64_t value = 0;
	int digits = 0;

	if (!digit)
		return false;
	if (digit[0] == '-' && digit[1] == '1' && (digit[2] == '\t' || !digit[2])) {
		*at = digit[2] ? *at + 3 : NULL;
		*number = -1;
		return true;
	}
	for (; *digit >= '0' && *digit <= '9' && value <= INT64_MAX; digit++, digits++)
		value = value * 10 + (uint64_t)(*digit - '0');
	*at = *digit == '\t' ? (char *)digit + 1 : NULL;
	*number = (int64_t)value;
	return digits && digits <= DIGITS_MAX && value <= INT64_MAX && (*digit == '\t' || !*digit);
}

/* An earlier version had fewer figures. */
static bool bounds_read(char **at, struct half_bounds *bounds)
{
	*bounds = (struct half_bounds){-1, -1};
	return !*at || (number_read(at, &bounds->lo_ns) && number_read(at, &bounds->hi_ns));
}

/* What a UUID is of, and what an id is. */
#define OF_UUID 1u
#define OF_ID	2u
static const uint8_t of[UINT8_MAX + 1] = {
	['0' ... '9'] = OF_UUID | OF_ID, ['a' ... 'f'] = OF_UUID | OF_ID,
	['g' ... 'z'] = OF_ID,		 ['T'] = OF_ID,
	['-'] = OF_UUID | OF_ID,
};

/* Returns how long the text is, or how much of it is of that. */
static size_t length_of(const char *text, unsigned int what)
{
	size_t len = 0;

	while (of[(uint8_t)text[len]] & what)
		len++;
	return len;
}

static bool uuid_is_valid(const char *uuid)
{
	return length_of(uuid, OF_UUID) == UUID_LENGTH && !uuid[UUID_LENGTH];
}

bool half_read(char *line, struct half *half)
{
	char *at = line;

	for (size_t i = 0; i < TEXTS; i++) {
		const char *text = field_next(&at);

		if (!text || !*text)
			return false;
		*text_at(half, i) = text;
	}
	for (size_t i = 0; i < NUMBERS; i++)
		if (!number_read(&at, number_at(half, i)))
			return false;
	for (size_t i = 0; i < FIGURES; i++)
		if (!bounds_read(&at, &half->figure[i]))
			return false;
	return half_id_is_valid(half->id) && uuid_is_valid(half->uuid);
}

bool half_id_is_valid(const char *id)
{
	size_t len = length_of(id, OF_ID);

	return len && len < HALF_ID && !id[len] && *id != '-';
}

/* Nothing of it is text from outside. */
int half_id_begin(const struct half *half, char id[HALF_ID])
{
	time_t seconds = (time_t)(half->begin_ns / 1000000000);
	char stamp[32];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return 0;
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	return snprintf(id, HALF_ID, "%s-%.8s-%s", stamp, half->uuid,
			half->role[0] == 's' ? "src" : "dst");
}

bool half_is_of(const struct half *half, const char *domain)
{
	return !strcmp(half->name, domain) || !strcasecmp(half->uuid, domain);
}
