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

static void print_title(FILE *out, const struct account *account)
{
	print_who(out, account);
	if (account->flavour.control != CONTROL_UNKNOWN)
		fprintf(out, ", %s", control_name(account->flavour.control));
	fprintf(out, ", %s", outcome_name(account->outcome));
	print_when(out, account->real_ns);
}

/* libvirt's downtime: the two hosts' are the same number, unless one has not heard of it. */
static void print_libvirt_downtime(FILE *out, const struct account *account)
{
	uint64_t before = 0;
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		const struct reported *reported = &account->side[i].numbers.reported;
		uint64_t ms = reported->field[REPORTED_DOWNTIME].ms;

		if (!reported->field[REPORTED_DOWNTIME].known || (any && ms == before))
			continue;
		fprintf(out, "%s%" PRIu64 " ms", any ? " and " : "  libvirt says ", ms);
		before = ms;
		any = true;
	}
	fprintf(out, "%s\n\n", any ? "." : "");
}

/* What is not as it should be after a migration; two guests with one disk destroy it. */
static void print_left(FILE *out, enum place_left left)
{
	static const char *const texts[] = {
		[LEFT_ON_SOURCE] = "It runs on the source, as before.",
		[LEFT_ON_BOTH] = "THE GUEST RUNS ON BOTH HOSTS: stop one of them at once.",
		[LEFT_NOWHERE] = "THE GUEST RUNS ON NEITHER HOST.",
		[LEFT_PAUSED] = NULL,
	};

	if ((size_t)left < sizeof(texts) / sizeof(texts[0]) && texts[left])
		fprintf(out, "%s\n\n", texts[left]);
}

static void print_answer(FILE *out, const struct account *account)
{
	const struct figures *figures = &account->figures;
	char text[DURATION_TEXT];

	print_left(out, account->left);
	if (figures->downtime.known) {
		duration_format(&figures->downtime, text, sizeof(text));
		fprintf(out, "The guest stood still for %s.", text);
		print_libvirt_downtime(out, account);
		return;
	}
	fprintf(out, "No downtime can be given: %s.\n\n", figures->downtime.why_unknown);
}

int report_text(FILE *out, const struct report *report)
{
	const struct account *account = report->account;

	print_title(out, account);
	print_answer(out, account);
	print_cause(out, &account->figures);
	print_figures(out, account);
	print_stalls(out, account);
	print_remarks(out, &account->figures);
	print_disbelief(out, account);
	print_verdicts(out, &account->verdicts);
	print_standstill(out, account);
	print_sequence(out, account);
	if (report->explains_clock)
		print_clocks(out, &account->figures.clocks);
	return ferror(out) ? -EIO : 0;
}
