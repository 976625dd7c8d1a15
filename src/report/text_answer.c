/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first lines of a report: what happened, how sure that is, why, and what to do. */
#include "report/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/account/cause.h"
#include "base/text.h"
#include "report/answer.h"
#include "report/duration.h"
#include "report/words.h"

#define LONG_SHARE    5 /* one of less is not worth a second line */
#define EXPECTED_TEXT 128
#define REPORTED_TEXT 64

void print_label(FILE *out, const char **label)
{
	fprintf(out, "  %-14s", *label);
	*label = "";
}

/* Prints a line below the label, which stands before the first of its lines only. */
void print_line(FILE *out, const char **label, const char *format, ...)
{
	va_list arguments;

	print_label(out, label);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}

void print_long(FILE *out, const char **label, const char *text)
{
	while (strlen(text) > TEXT_COLUMNS) {
		int len = TEXT_COLUMNS;

		while (len > 1 && text[len] != ' ')
			len--;
		len = len > 1 ? len : TEXT_COLUMNS;
		print_line(out, label, "%.*s", len, text);
		text += len + (text[len] == ' ');
	}
	print_line(out, label, "%s", text);
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

static void print_paused(FILE *out, const struct paused *paused)
{
	const char *label = "paused";
	char whole[DURATION_TEXT], job[DURATION_TEXT];

	if (!paused->applies)
		return;
	duration_format(&paused->whole, whole, sizeof(whole));
	duration_format(&paused->job, job, sizeof(job));
	if (paused->whole.known)
		print_line(out, &label, "%s in all, %s of it in the migration", whole, job);
	else
		print_line(out, &label, "%s in the migration; %s", job, paused->whole.why_unknown);
}

/* Where the other report of one that broke is, and what both are as a whole. */
static void print_recovery(FILE *out, const struct recovery *recovery)
{
	const char *label = recovery->part == RECOVERY_BROKE ? "resumed" : "resumes";
	char when[REAL_TIME_TEXT], gap[DURATION_TEXT], elapsed[DURATION_TEXT],
		downtime[DURATION_TEXT];

	if (recovery->part == RECOVERY_NONE)
		return;
	real_time_format(recovery->other_real_ns, when);
	duration_format(&recovery->gap, gap, sizeof(gap));
	print_line(out, &label, "%s %s, %s after it broke",
		   recovery->part == RECOVERY_BROKE ? "by the one of" : "the one of", when, gap);
	if (recovery->missing_bytes.known)
		print_line(out, &label, "meanwhile the guest lacked %" PRId64 " bytes",
			   recovery->missing_bytes.v);
	if (recovery->part != RECOVERY_RESUMED || !recovery->elapsed.known)
		return;
	duration_format(&recovery->elapsed, elapsed, sizeof(elapsed));
	duration_format(&recovery->downtime, downtime, sizeof(downtime));
	print_line(out, &label, "as a whole: elapsed %s, downtime %s", elapsed, downtime);
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
		print_work(out, &label, part);
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

	if (expected->limit_changes)
		len += (size_t)snprintf(text + len, EXPECTED_TEXT - len,
					"%schanged %" PRIu64 " time%s", len ? " (" : "limit ",
					expected->limit_changes,
					expected->limit_changes == 1 ? "" : "s");
	if (expected->limit_changes && expected->limit.known)
		len += (size_t)snprintf(text + len, EXPECTED_TEXT - len, ")");
	len = add_expectation(text, len, "expected", &expected->downtime);
	len = add_expectation(text, len, "reported", &expected->said);
	if (expected->said.known)
		snprintf(text + len, EXPECTED_TEXT - len, " (source only)");
	if (len && figures->downtime.known && figures->breakdown.count)
		print_long(out, &label, text);
}

/* Only where it is not what has become of the guest. */
static void print_told(FILE *out, const struct account *account)
{
	bool has_worked = account->outcome == OUTCOME_COMPLETED;
	const char *label = "libvirt said";

	if (account->told == TOLD_NOTHING)
		print_line(out, &label, "nothing to its client: it ended before");
	else if (account->told == TOLD_UNCONFIRMED)
		print_line(out, &label, "nothing of its end: its client never confirmed it");
	else if (account->told == TOLD_ERROR && has_worked)
		print_line(out, &label, "that it failed");
	else if (account->told == TOLD_SUCCESS && outcome_has_not_worked(account->outcome))
		print_line(out, &label, "that it completed");
}

static void print_cause(FILE *out, const struct account *account)
{
	const struct said *said = said_cause(account->said, account->said_count);
	const char *label = "cause";
	char text[CAUSE_TEXT], shown[CAUSE_TEXT];

	cause_of_end(account, text);
	text_shown(shown, text);
	if (text[0] || account->outcome == OUTCOME_FAILED)
		print_long(out, &label, text[0] ? shown : "not known");
	if (!said || !text[0] || !strncmp(text, said->text, said->len))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)said->len, said->text);
	text_shown(shown, text);
	label = said->is_qemus ? "QEMU said" : "libvirt said";
	print_long(out, &label, shown);
}

static void print_left_over(FILE *out, const struct account *account)
{
	const struct left_over *left = account->left_over;
	const char *label = "left over";
	char since[REAL_TIME_TEXT];

	for (size_t i = 0; i < account->left_over_count; i++) {
		real_time_format(left[i].real_ns, since);
		print_line(out, &label, "%s: %s%s", role_name(left[i].role), left[i].what,
			   left[i].real_ns ? "," : "");
		if (left[i].real_ns)
			print_line(out, &label, "since %s", since);
	}
}

static void print_outcome(FILE *out, const struct account *account)
{
	const char *label = "outcome";

	print_line(out, &label, "%s: %s", outcome_name(account->outcome), guest_text(account));
	print_told(out, account);
	print_cause(out, account);
	print_left_over(out, account);
}

void print_answer(FILE *out, const struct account *account)
{
	print_outcome(out, account);
	print_downtime(out, account);
	print_paused(out, &account->figures.paused);
	print_recovery(out, &account->figures.recovery);
	print_longest(out, &account->figures);
	print_expected(out, &account->figures);
	print_certainty(out, account);
	print_libvirt(out, account);
	print_findings(out, account);
	fputc('\n', out);
}
