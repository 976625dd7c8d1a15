/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the downtime went, as text: its parts, and devices. */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/duration.h"
#include "report/words.h"

#define BAR_MAX	      12
#define NAME_WIDTH    33
#define PART_WIDTH    18
#define DEVICES_SHOWN 3
#define MISSING_SHOWN 1

static int64_t column_of(int64_t ns, int64_t whole_ns)
{
	return whole_ns > 0 ? ns * BAR_MAX / whole_ns : 0;
}

/* A bar from where the part begins to where it ends, of which at least one column is there. */
static void print_bar(FILE *out, int64_t from_ns, int64_t to_ns, int64_t whole_ns)
{
	int64_t from = column_of(from_ns, whole_ns), to = column_of(to_ns, whole_ns);

	if (from == BAR_MAX)
		from--;
	if (to == from)
		to++;
	for (int64_t i = 0; i < BAR_MAX; i++)
		fprintf(out, "%s", i < from || i >= to ? " " : "█");
}

/* Not shown one by one: too short to matter beside the whole. */
static bool is_short(const struct part *part, int64_t whole_ns)
{
	return part->duration.est_ns * SHORT_SHARE < whole_ns;
}

static void print_part(FILE *out, const struct part *part, int64_t at_ns, int64_t whole_ns)
{
	char name[PART_TEXT];

	fprintf(out, "  %-12s", place_name(part->place));
	print_blanks(out, PART_WIDTH - print_quantity(out, &part->duration));
	print_bar(out, at_ns, at_ns + part->duration.est_ns, whole_ns);
	part_name(part, name);
	fprintf(out, "  %.*s\n", NAME_WIDTH, name);
}

static void print_short_parts(FILE *out, size_t count, int64_t ns)
{
	struct quantity sum = quantity_exact(ns, "");

	if (!count)
		return;
	fprintf(out, "  %-12s", "");
	print_blanks(out, PART_WIDTH - print_quantity(out, &sum));
	fprintf(out, "%*s  in %zu shorter parts\n", BAR_MAX, "", count);
}

static int64_t parts_whole(const struct breakdown *breakdown)
{
	int64_t ns = 0;

	for (size_t i = 0; i < breakdown->count; i++)
		ns += breakdown->part[i].is_downtime ? breakdown->part[i].duration.est_ns : 0;
	return ns;
}

static void print_parts(FILE *out, const struct figures *figures)
{
	const struct breakdown *breakdown = &figures->breakdown;
	int64_t whole_ns = parts_whole(breakdown), at_ns = 0, short_ns = 0;
	size_t count = 0;

	if (!whole_ns)
		return;
	fprintf(out, "\n  Where the downtime went%s\n",
		figures->downtime.known ? "" : ", as far as it was seen");
	for (size_t i = 0; i < breakdown->count; i++) {
		const struct part *part = &breakdown->part[i];

		if (!part->is_downtime)
			continue;
		if (is_short(part, whole_ns)) {
			short_ns += part->duration.est_ns;
			count++;
		} else {
			print_part(out, part, at_ns, whole_ns);
		}
		at_ns += part->duration.est_ns;
	}
	print_short_parts(out, count, short_ns);
}

/* Without them a part is coarser, or a figure unknown: some names, and how many more. */
static void print_missing(FILE *out, const struct side *side)
{
	const struct recording *recording = side ? side->recording : NULL;
	size_t count = recording ? recording->missing_count : 0;

	if (!count)
		return;
	fprintf(out, "  Not probed on the %s:", role_name(side->role));
	for (size_t i = 0; i < count && i < MISSING_SHOWN; i++) {
		fprintf(out, "%s", i ? ", " : " ");
		print_safe(out, recording->missing[i].name);
	}
	if (count > MISSING_SHOWN)
		fprintf(out, " and %zu more", count - MISSING_SHOWN);
	fprintf(out, "\n");
}

static int by_duration(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return x->ns > y->ns ? -1 : x->ns < y->ns;
}

static void print_devices_of(FILE *out, const struct account_side *side, const char *what)
{
	struct device devices[DEVICES_MAX];
	size_t count = side->device_count;
	int64_t sum_ns = 0;

	if (!count)
		return;
	memcpy(devices, side->device, count * sizeof(devices[0]));
	for (size_t i = 0; i < count; i++)
		sum_ns += devices[i].ns;
	qsort(devices, count, sizeof(devices[0]), by_duration);
	fprintf(out, "    %-12s%zu in %.2f ms:", what, count, (double)sum_ns / 1e6);
	for (size_t i = 0; i < count && i < DEVICES_SHOWN; i++) {
		fprintf(out, "%s ", i ? "," : "");
		print_safe(out, devices[i].name);
		fprintf(out, " %.2f", (double)devices[i].ns / 1e6);
	}
	fprintf(out, "\n");
}

/* Side by side in time: they are no parts of their own, but within those of the source. */
static void print_devices(FILE *out, const struct account *account)
{
	const struct account_side *source = &account->side[ROLE_SOURCE];
	const struct account_side *destination = &account->side[ROLE_DESTINATION];
	const struct quantity *both = &account->figures.overlap.both;
	char text[DURATION_TEXT];

	if (!source->device_count && !destination->device_count)
		return;
	fprintf(out, "\n  Devices, the slowest first (ms)\n");
	print_devices_of(out, source, "saved");
	print_devices_of(out, destination, "loaded");
	duration_format(both, text, sizeof(text));
	if (both->known)
		fprintf(out, "    loaded while the source still saved, counted once: %s\n", text);
}

void print_standstill(FILE *out, const struct account *account)
{
	print_parts(out, &account->figures);
	print_missing(out, account->side[ROLE_SOURCE].side);
	print_missing(out, account->side[ROLE_DESTINATION].side);
	print_devices(out, account);
}
