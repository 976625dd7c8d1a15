/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two migrations, as text. */
#include "report/diff.h"

#include <errno.h>
#include <stdlib.h>

#include "report/answer.h"
#include "report/duration.h"
#include "report/report.h"
#include "report/words.h"

#define COLUMN	    16
#define NAME_WIDTH  29	/* of 79 columns, behind two blanks */
#define SHORT_SHARE 100 /* of the downtime: a part that changed by less is not worth a line */

static void migration_print(FILE *out, const char *letter, const struct measured *measured)
{
	char stamp[REAL_TIME_TEXT];

	real_time_format(measured->real_ns, stamp);
	fprintf(out, "%s  ", letter);
	print_safe(out, measured->name[0] ? measured->name : "?");
	fprintf(out, ", ");
	print_safe(out, measured->from[0] ? measured->from : "?");
	fprintf(out, " -> ");
	print_safe(out, measured->to[0] ? measured->to : "?");
	fprintf(out, "%s%s\n", stamp[0] ? ", " : "", stamp);
}

static void text_print(FILE *out, const char *text)
{
	int columns = text_columns(text);

	fprintf(out, "%*s%s", columns < COLUMN ? COLUMN - columns : 0, "", text);
}

static void quantity_print(FILE *out, const struct quantity *quantity)
{
	char text[DURATION_TEXT];

	duration_format(quantity, text, sizeof(text));
	text_print(out, text);
}

/* What overlaps may be the same. */
static void change_print(FILE *out, const struct comparison *comparison)
{
	struct quantity by = comparison->by;
	char text[DURATION_TEXT + 1], *at = text;

	if (comparison->change == CHANGE_UNKNOWN || comparison->change == CHANGE_NONE) {
		text_print(out, comparison->change == CHANGE_NONE ? "~" : "?");
		return;
	}
	if (comparison->change == CHANGE_LESS)
		by = (struct quantity){true, -by.est_ns, -by.hi_ns, -by.lo_ns, by.how, NULL};
	*at++ = comparison->change == CHANGE_LESS ? '-' : '+';
	duration_format(&by, at, sizeof(text) - 1);
	text_print(out, text);
}

static void comparison_print(FILE *out, const struct comparison *comparison)
{
	char name[PART_TEXT], text[PART_TEXT + 16];
	int len;

	quantity_print(out, &comparison->first);
	quantity_print(out, &comparison->second);
	change_print(out, comparison);
	if (comparison->figure) {
		fprintf(out, "  %s%s\n", comparison->figure, comparison->is_alone ? " here" : "");
		return;
	}
	part_name(comparison->part, name);
	len = snprintf(text, sizeof(text), "%s: %s", place_name(comparison->part->place), name);
	len = len < NAME_WIDTH ? len : NAME_WIDTH;
	while (len && text[len - 1] == ' ')
		len--;
	fprintf(out, "  %.*s\n", len, text);
}

static void header_print(FILE *out, const char *what)
{
	fprintf(out, "\n");
	text_print(out, "A");
	text_print(out, "B");
	text_print(out, "B - A");
	fprintf(out, "  %s\n", what);
}

static int64_t whole_ns(const struct comparison *parts, size_t count)
{
	int64_t first = 0, second = 0;

	for (size_t i = 0; i < count; i++) {
		first += parts[i].first.known ? parts[i].first.est_ns : 0;
		second += parts[i].second.known ? parts[i].second.est_ns : 0;
	}
	return first > second ? first : second;
}

static bool is_shown(const struct comparison *part, int64_t whole)
{
	return (part->change == CHANGE_MORE || part->change == CHANGE_LESS) &&
	       llabs(part->by.est_ns) * SHORT_SHARE >= whole;
}

/* Parts that changed for sure, in order; of the others how many there are. */
static void parts_print(FILE *out, const struct comparison *parts, size_t count)
{
	int64_t whole = whole_ns(parts, count);
	size_t shown = 0;

	header_print(out, "parts that changed");
	for (; shown < count && is_shown(&parts[shown], whole); shown++)
		comparison_print(out, &parts[shown]);
	if (count > shown)
		fprintf(out, "%*s  %s%zu by < 1 %%, or not\n", 3 * COLUMN, "",
			shown ? "others: " : "all ", count - shown);
}

static void usual_print(FILE *out, const struct measured *usual, size_t count)
{
	fprintf(out, "A  what is usual: the last %zu before it, ", count);
	print_safe(out, usual->from[0] ? usual->from : "?");
	fprintf(out, " -> ");
	print_safe(out, usual->to[0] ? usual->to : "?");
	fprintf(out, "\n");
}

int diff_print(FILE *out, const struct measured *first, size_t usual, const struct measured *second)
{
	struct comparison comparisons[COMPARISONS_MAX];
	size_t count = measured_compare(first, second, comparisons);

	if (usual)
		usual_print(out, first, usual);
	else
		migration_print(out, "A", first);
	migration_print(out, "B", second);
	header_print(out, "figure");
	for (size_t i = 0; i < FIGURES; i++)
		comparison_print(out, &comparisons[i]);
	parts_print(out, comparisons + FIGURES, count - FIGURES);
	fprintf(out,
		"\n~  the intervals overlap: it may be the same.  ?  not known of one of them.\n");
	return fflush(out) ? -errno : 0;
}
