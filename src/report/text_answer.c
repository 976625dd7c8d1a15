/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first lines of a report: what happened, how sure that is, why, and what to do. */
#include "report/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/account/advice.h"
#include "core/account/cause.h"
#include "report/duration.h"
#include "report/words.h"

#define LONG_SHARE    5 /* one of less is not worth a second line */
#define EXPECTED_TEXT 128
#define REPORTED_TEXT 64

/* Prints a line below the label, which stands before the first of its lines only. */
void print_line(FILE *out, const char **label, const char *format, ...)
{
	va_list arguments;

	fprintf(out, "  %-14s", *label);
	*label = "";
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}

/* Two guests with one disk destroy it, and of none nobody is served: these are in capitals. */
static const char *place_of_guest(const struct account *account)
{
	static const char *const texts[] = {
		[LEFT_UNKNOWN] = "it is not known where the guest runs",
		[LEFT_ON_SOURCE] = "the guest runs on the source",
		[LEFT_ON_DESTINATION] = "the guest runs on the destination",
		[LEFT_ON_BOTH] = "THE GUEST RUNS ON BOTH HOSTS",
		[LEFT_NOWHERE] = "THE GUEST RUNS ON NEITHER HOST",
		[LEFT_PAUSED] = "the guest is paused on the destination",
	};

	if (account->flavour.offline == ANSWER_YES)
		return "offline, only the guest's definition was moved";
	return texts[account->left];
}

/* libvirt's downtime: the two hosts' are the same number, unless one has not heard of it. */
static void reported_downtime_format(const struct account *account, char text[static REPORTED_TEXT])
{
	int64_t before = 0;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		const struct reported *reported = &account->side[i].numbers.reported;
		const struct opt_i64 *ms = &reported->ms[REPORTED_DOWNTIME];

		if (!ms->known || (len && ms->v == before))
			continue;
		len += (size_t)snprintf(text + len, REPORTED_TEXT - len, "%s%" PRId64 " ms",
					len ? " and " : "reports ", ms->v);
		before = ms->v;
	}
}

static void print_downtime(FILE *out, const struct account *account)
{
	const struct quantity *downtime = &account->figures.downtime;
	const char *label = "downtime";
	char text[DURATION_TEXT];

	duration_format(downtime, text, sizeof(text));
	print_line(out, &label, "%s%s%s", text, downtime->known ? "" : ": ",
		   downtime->known ? "" : downtime->why_unknown);
}

static void print_libvirt(FILE *out, const struct account *account)
{
	const struct verdicts *verdicts = &account->verdicts;
	const char *label = "libvirt";
	char text[REPORTED_TEXT];

	if (!verdicts->count)
		return;
	reported_downtime_format(account, text);
	print_line(out, &label, "%s%s%zu of its %zu numbers agree, within its rounding", text,
		   text[0] ? "; " : "", verdicts_of_kind(verdicts, VERDICT_AGREES),
		   verdicts->count);
	if (verdicts_show_skew(verdicts))
		print_line(out, &label,
			   "its numbers show the destination's wall clock %+" PRId64 " ms off",
			   verdicts->skew_ns.v / 1000000);
}

static const char *where(enum place place)
{
	static const char *const texts[] = {
		[PLACE_SOURCE] = "on the source",
		[PLACE_TRANSFER] = "in the transfer",
		[PLACE_DESTINATION] = "on the destination",
	};

	return texts[place];
}

/* The one or two parts that most of the downtime went to. */
static void print_longest(FILE *out, const struct figures *figures)
{
	char one[DURATION_TEXT], name[PART_TEXT];
	const char *label = "longest part";

	for (size_t rank = 0; figures->downtime.known && rank < 2; rank++) {
		const struct part *part = breakdown_longest(&figures->breakdown, rank);

		if (!part || part->duration.est_ns * (rank ? LONG_SHARE : SHORT_SHARE) <
				     figures->downtime.est_ns)
			break;
		duration_format(&part->duration, one, sizeof(one));
		part_name(part, name);
		print_line(out, &label, "%s %s: %s", one, where(part->place), name);
	}
}

static size_t add_expectation(char *text, size_t len, const char *what, const struct opt_i64 *ms)
{
	if (!ms->known)
		return len;
	return len + (size_t)snprintf(text + len, EXPECTED_TEXT - len, "%s%s %" PRId64 " ms",
				      len ? ", " : "", what, ms->v);
}

static void print_expected(FILE *out, const struct figures *figures)
{
	const struct expected *expected = &figures->expected;
	const char *label = "QEMU";
	char text[EXPECTED_TEXT];
	size_t len = add_expectation(text, 0, "limit", &expected->limit);

	len = add_expectation(text, len, "expected", &expected->downtime);
	len = add_expectation(text, len, "reported", &expected->said);
	if (len && figures->downtime.known && figures->breakdown.count)
		print_line(out, &label, "%s%s", text, expected->said.known ? " (source only)" : "");
}

static void print_outcome(FILE *out, const struct account *account)
{
	const char *label = "outcome", *cause = cause_of_end(account);

	print_line(out, &label, "%s: %s", outcome_name(account->outcome), place_of_guest(account));
	label = "cause";
	if (cause || account->outcome == OUTCOME_FAILED)
		print_line(out, &label, "%s", cause ?: "not known");
}

static void print_advice(FILE *out, const struct account *account)
{
	const struct advice *advice = advice_of(account);
	const char *label = "to do";

	print_line(out, &label, "%s%s", advice ? advice->text : "nothing",
		   advice && advice->command ? ":" : "");
	if (advice && advice->command)
		print_line(out, &label, "%s %s", advice->command, account->uuid);
}

void print_answer(FILE *out, const struct account *account)
{
	print_outcome(out, account);
	print_downtime(out, account);
	print_longest(out, &account->figures);
	print_expected(out, &account->figures);
	print_certainty(out, &account->figures);
	print_libvirt(out, account);
	print_advice(out, account);
	fputc('\n', out);
}
