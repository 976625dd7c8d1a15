/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report for people: the answer first, then how sure it is, then where the time went. */
#include "report/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/answer.h"
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
	char text[REAL_TIME_TEXT];

	real_time_format(real_ns, text);
	fprintf(out, "%s%s\n\n", text[0] ? ", " : "", text);
}

static void print_title(FILE *out, const struct account *account)
{
	print_who(out, account);
	if (account->flavour.control != CONTROL_UNKNOWN)
		fprintf(out, ", %s", control_name(account->flavour.control));
	fprintf(out, ", %s", outcome_name(account->outcome));
	print_when(out, account->real_ns);
}

int report_text(FILE *out, const struct report *report)
{
	const struct account *account = report->account;

	print_title(out, account);
	print_answer(out, account);
	print_figures(out, account);
	print_stalls(out, account);
	print_disbelief(out, account);
	print_differences(out, &account->verdicts);
	print_standstill(out, account);
	print_passes(out, account);
	print_sequence(out, account);
	if (report->explains_clock)
		print_clocks(out, &account->figures.clocks);
	return ferror(out) ? -EIO : 0;
}
