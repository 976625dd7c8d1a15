/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report for people: the answer first, then how sure it is, then where the time went. */
#include "report/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "report/duration.h"
#include "report/words.h"

#define POINT_COLUMN 7

int print_quantity(FILE *out, const struct quantity *quantity)
{
	char text[DURATION_TEXT];
	const char *point;
	int indent;

	duration_format(quantity, text, sizeof(text));
	point = strchr(text, '.');
	indent = point && point - text < POINT_COLUMN ? (int)(POINT_COLUMN - (point - text)) : 0;
	fprintf(out, "%*s%s", indent, "", text);
	return indent + text_columns(text);
}

void print_blanks(FILE *out, int columns)
{
	fprintf(out, "%*s", columns > 0 ? columns : 0, "");
}

static void print_when(FILE *out, int64_t real_ns)
{
	time_t seconds = real_ns / 1000000000;
	struct tm tm;
	char text[32];

	if (real_ns && gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F %T UTC", &tm))
		fprintf(out, ", %s", text);
	fprintf(out, "\n\n");
}

static void print_title(FILE *out, const struct report *report)
{
	const struct migration *m = report->migration;

	print_who(out, m);
	if (migration_control(m) != CONTROL_UNKNOWN)
		fprintf(out, ", %s", control_name(migration_control(m)));
	fprintf(out, ", %s", outcome_name(migration_outcome(m)));
	print_when(out, migration_real_ns(m));
}

/* libvirt's downtime: the two hosts' are the same number, unless one has not heard of it. */
static void print_libvirt_downtime(FILE *out, const struct report *report)
{
	const struct reported *sides[] = {&report->source, &report->destination};
	uint64_t before = 0;
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		uint64_t ms = sides[i]->field[REPORTED_DOWNTIME].ms;

		if (!sides[i]->field[REPORTED_DOWNTIME].known || (any && ms == before))
			continue;
		fprintf(out, "%s%" PRIu64 " ms", any ? " and " : "  libvirt says ", ms);
		before = ms;
		any = true;
	}
	fprintf(out, "%s\n\n", any ? "." : "");
}

/* What is not as it should be after a migration; two guests with one disk destroy it. */
static void print_left(FILE *out, const struct migration *migration)
{
	static const char *const texts[] = {
		[LEFT_ON_SOURCE] = "It runs on the source, as before.",
		[LEFT_ON_BOTH] = "THE GUEST RUNS ON BOTH HOSTS: stop one of them at once.",
		[LEFT_NOWHERE] = "THE GUEST RUNS ON NEITHER HOST.",
		[LEFT_PAUSED] = NULL,
	};
	enum place_left left = migration_left(migration);

	if ((size_t)left < sizeof(texts) / sizeof(texts[0]) && texts[left])
		fprintf(out, "%s\n\n", texts[left]);
}

static void print_answer(FILE *out, const struct report *report)
{
	const struct figures *figures = &report->figures;
	char text[DURATION_TEXT];

	print_left(out, report->migration);
	if (figures->downtime.known) {
		duration_format(&figures->downtime, text, sizeof(text));
		fprintf(out, "The guest stood still for %s.", text);
		print_libvirt_downtime(out, report);
		return;
	}
	fprintf(out, "No downtime can be given: %s.\n\n", figures->downtime.why_unknown);
}

int report_text(FILE *out, const struct report *report)
{
	print_title(out, report);
	print_answer(out, report);
	print_cause(out, &report->figures);
	print_figures(out, report);
	print_stalls(out, report);
	print_remarks(out, &report->figures);
	print_disbelief(out, report);
	print_verdicts(out, report);
	print_standstill(out, report);
	print_phases(out, report);
	if (report->explains_clock)
		print_clocks(out, &report->figures.clocks);
	return ferror(out) ? -EIO : 0;
}
