/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of a report as text, beside what libvirt says of them. */
#include "report/text.h"

#include <inttypes.h>

#include "report/duration.h"

#define VALUE_WIDTH 22

static bool has_reported(const struct report *report)
{
	return report->source.is_given || report->destination.is_given;
}

static void print_reported(FILE *out, const struct reported *reported, int field)
{
	char text[32] = "";

	if (reported->field[field].known)
		snprintf(text, sizeof(text), "%" PRIu64 " ms", reported->field[field].ms);
	else if (reported->is_given)
		snprintf(text, sizeof(text), "-");
	fprintf(out, "%14s", text);
}

static void print_figure(FILE *out, const struct report *report, const char *name,
			 const struct quantity *quantity, int field)
{
	int columns;

	fprintf(out, "  %-14s", name);
	columns = print_quantity(out, quantity);
	if (has_reported(report) && field >= 0) {
		print_blanks(out, VALUE_WIDTH - columns);
		print_reported(out, &report->source, field);
		print_reported(out, &report->destination, field);
	}
	fprintf(out, "\n");
}

void print_figures(FILE *out, const struct report *report)
{
	const struct figures *f = &report->figures;

	if (has_reported(report))
		fprintf(out, "  %-14s%-*s%s\n", "", VALUE_WIDTH, "   migtrace",
			" libvirt: source   destination");
	print_figure(out, report, "downtime", &f->downtime, REPORTED_DOWNTIME);
	print_figure(out, report, "downtime_net", &f->downtime_net, REPORTED_DOWNTIME_NET);
	print_figure(out, report, "blackout", &f->blackout, -1);
	print_figure(out, report, "transfer", &f->transfer, -1);
	print_figure(out, report, "elapsed", &f->elapsed, REPORTED_ELAPSED);
	print_figure(out, report, "elapsed_net", &f->elapsed_net, REPORTED_ELAPSED_NET);
	print_figure(out, report, "clock offset", &f->clocks.offset, -1);
	if (f->announced.known)
		print_figure(out, report, "announced", &f->announced, -1);
}

/* What a guest that was moved by post-copy waits for after it has been started. */
void print_stalls(FILE *out, const struct report *report)
{
	const struct stalls *stalls = &report->figures.stalls;
	struct quantity total = quantity_exact(stalls->total_ns, ""),
			longest = quantity_exact(stalls->longest_ns, "");
	char in_all[DURATION_TEXT], one[DURATION_TEXT];

	if (migration_is_postcopy(report->migration) != ANSWER_YES)
		return;
	fprintf(out, "  page stalls   ");
	duration_format(&total, in_all, sizeof(in_all));
	duration_format(&longest, one, sizeof(one));
	if (stalls->known)
		fprintf(out, "%" PRIu64 " pages waited for: %s in all, %s the longest\n",
			stalls->count, in_all, one);
	else
		fprintf(out, "unknown: %s\n", stalls->why_unknown);
}
