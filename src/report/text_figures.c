/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of a report as text, beside what libvirt says of them. */
#include "report/text.h"

#include <inttypes.h>

#include "report/duration.h"

#define VALUE_WIDTH 22

static bool has_reported(const struct account *account)
{
	return account->side[ROLE_SOURCE].numbers.reported.is_given ||
	       account->side[ROLE_DESTINATION].numbers.reported.is_given;
}

static void print_reported(FILE *out, const struct reported *reported, int field)
{
	char text[32] = "";

	if (reported->ms[field].known)
		snprintf(text, sizeof(text), "%" PRId64 " ms", reported->ms[field].v);
	else if (reported->is_given)
		snprintf(text, sizeof(text), "-");
	fprintf(out, "%14s", text);
}

static void print_figure(FILE *out, const struct account *account, const char *name,
			 const struct quantity *quantity, int field)
{
	int columns;

	fprintf(out, "  %-14s", name);
	columns = print_quantity(out, quantity);
	if (has_reported(account) && field >= 0) {
		print_blanks(out, VALUE_WIDTH - columns);
		print_reported(out, &account->side[ROLE_SOURCE].numbers.reported, field);
		print_reported(out, &account->side[ROLE_DESTINATION].numbers.reported, field);
	}
	fprintf(out, "\n");
}

void print_figures(FILE *out, const struct account *account)
{
	const struct figures *f = &account->figures;

	if (has_reported(account))
		fprintf(out, "  %-14s%-*s%s\n", "", VALUE_WIDTH, "   migtrace",
			" libvirt: source   destination");
	print_figure(out, account, "downtime", &f->downtime, REPORTED_DOWNTIME);
	print_figure(out, account, "downtime_net", &f->downtime_net, REPORTED_DOWNTIME_NET);
	print_figure(out, account, "blackout", &f->blackout, -1);
	print_figure(out, account, "transfer", &f->transfer, -1);
	print_figure(out, account, "elapsed", &f->elapsed, REPORTED_ELAPSED);
	print_figure(out, account, "elapsed_net", &f->elapsed_net, REPORTED_ELAPSED_NET);
	print_figure(out, account, "clock offset", &f->clocks.offset, -1);
	if (f->announced.known)
		print_figure(out, account, "announced", &f->announced, -1);
}

/* What a guest that was moved by post-copy waits for after it has been started. */
void print_stalls(FILE *out, const struct account *account)
{
	const struct stalls *stalls = &account->figures.stalls;
	struct quantity total = quantity_exact(stalls->total_ns, ""),
			longest = quantity_exact(stalls->longest_ns, "");
	char in_all[DURATION_TEXT], one[DURATION_TEXT];

	if (account->flavour.postcopy != ANSWER_YES)
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
