/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as one line of comma-separated values (RFC 4180), for spreadsheets and scripts. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/report.h"
#include "report/words.h"

/*
 * What others named, in quotes. A spreadsheet takes what begins like these for a formula, in quotes
 * or not, and a line's end within a field is more than many readers can do.
 */
static void print_text(FILE *out, const char *text)
{
	fputc('"', out);
	if (*text && strchr("=+-@\t\r\n", *text))
		fputc('\'', out);
	for (size_t size; *text; text += size) {
		if (*text == '"')
			fputc('"', out);
		print_character(out, text, &size);
	}
	fputc('"', out);
}

/* In ms, no digit lost. */
static void print_ms(FILE *out, int64_t ns)
{
	uint64_t whole = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	fprintf(out, ",%s%" PRIu64 ".%06" PRIu64, ns < 0 ? "-" : "", whole / 1000000,
		whole % 1000000);
}

static void print_quantity(FILE *out, const struct quantity *quantity)
{
	if (!quantity->known) {
		fprintf(out, ",,,,");
		print_text(out, quantity->why_unknown);
		return;
	}
	print_ms(out, quantity->est_ns);
	print_ms(out, quantity->lo_ns);
	print_ms(out, quantity->hi_ns);
	fputc(',', out);
}

static void print_when(FILE *out, int64_t real_ns)
{
	time_t seconds = real_ns / 1000000000;
	struct tm tm;
	char text[32];

	fputc(',', out);
	if (real_ns && gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%FT%TZ", &tm))
		fprintf(out, "%s", text);
}

static void print_longest(FILE *out, const struct figures *figures)
{
	const struct part *part = breakdown_longest(&figures->breakdown, 0);
	char name[PART_TEXT];

	if (!part) {
		fprintf(out, ",,,");
		return;
	}
	part_name(part, name);
	fprintf(out, ",%s,", place_name(part->place));
	print_text(out, name);
	print_ms(out, part->duration.est_ns);
}

/* Each has a column for est, lo, hi, and why it is unknown. */
static void print_names(FILE *out, const char *name)
{
	fprintf(out, ",%s_ms,%s_lo_ms,%s_hi_ms,%s_unknown", name, name, name, name);
}

int csv_begin(FILE *out, struct page **page)
{
	(void)page;
	fprintf(out, "uuid,name,source,destination,started,outcome,left_on,control");
	for (size_t i = 0; i < FIGURES; i++)
		print_names(out, figure_name(i));
	print_names(out, "announced");
	print_names(out, "clock_offset");
	fprintf(out, ",longest_side,longest_part,longest_ms,lost_events\r\n");
	return ferror(out) ? -EIO : 0;
}

int csv_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	(void)page;
	const struct account *account = report->account;
	const struct figures *figures = &account->figures;

	(void)index;
	fprintf(out, "%s,", account->uuid);
	print_text(out, account->name);
	fputc(',', out);
	print_text(out, account->side[ROLE_SOURCE].host);
	fputc(',', out);
	print_text(out, account->side[ROLE_DESTINATION].host);
	print_when(out, account->real_ns);
	fprintf(out, ",%s,%s,%s", outcome_name(account->outcome), left_name(account->left),
		control_name(account->flavour.control));
	for (size_t i = 0; i < FIGURES; i++)
		print_quantity(out, figure_get(figures, (enum figure)i));
	print_quantity(out, &figures->announced);
	print_quantity(out, &figures->clocks.offset);
	print_longest(out, figures);
	fprintf(out, ",%" PRIu64 "\r\n", figures->lost_events);
	return ferror(out) ? -EIO : 0;
}
