/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report for people: the answer first, then how sure it is, then where the time went. */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#include "core/standstill/devices.h"
#include "core/picture/phases.h"
#include "core/event/qmp.h"
#include "record/kinds.h"
#include "report/duration.h"
#include "report/words.h"

#define BAR_MAX	      12
#define NAME_WIDTH    31
#define PART_WIDTH    20
#define SHORT_SHARE   100 /* of the whole: a part of less is not worth a line */
#define DEVICES_SHOWN 3
#define MISSING_SHOWN 1
#define LONG_SHARE    5 /* one of less is not worth a second sentence */
#define PHASE_WIDTH   15
#define VALUE_WIDTH   22
#define POINT_COLUMN  7

/* Prints the quantity with its point in one column whatever its size; returns the columns taken. */
static int print_quantity(FILE *out, const struct quantity *quantity)
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

static void print_blanks(FILE *out, int columns)
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

/* What a guest that was moved by post-copy waits for after it has been started. */
static void print_stalls(FILE *out, const struct report *report)
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

static void print_figures(FILE *out, const struct report *report)
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

static void print_sources(FILE *out, const struct clocks *clocks)
{
	const char *names[CLOCK_SOURCES];
	size_t count = clock_sources(clocks, names);

	if (clocks->are_one) {
		fprintf(out, "  Both sides were seen by one clock: figures without ± are exact.\n");
		return;
	}
	fprintf(out, "  ± is proven, by messages that crossed between the hosts (");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? ", " : "", names[i]);
	fprintf(out, ").\n  Figures without ± compare no clocks: they are exact.\n");
}

static bool is_skew_told(const struct verdicts *verdicts)
{
	bool is_some = verdicts->has_skew && verdicts->skew_ns / 1000000;

	for (size_t i = 0; is_some && i < verdicts->count; i++)
		if (verdicts->verdict[i].kind == VERDICT_SKEWED)
			return true;
	return false;
}

/* Only what is not right has a line of its own. */
static void print_verdicts(FILE *out, const struct report *report)
{
	struct verdicts verdicts = report_verdicts(report);
	size_t agree = 0;

	for (size_t i = 0; i < verdicts.count; i++)
		agree += verdicts.verdict[i].kind == VERDICT_AGREES;
	if (!verdicts.count)
		return;
	fprintf(out, "\n  Is libvirt right? %zu of its %zu numbers agree, within its rounding.\n",
		agree, verdicts.count);
	if (is_skew_told(&verdicts))
		fprintf(out, "  They show the destination's wall clock %+" PRId64 " ms off.\n",
			verdicts.skew_ns / 1000000);
	for (size_t i = 0; i < verdicts.count; i++)
		if (verdicts.verdict[i].kind != VERDICT_AGREES)
			fprintf(out, "    %-12s%-17s%s\n", role_name(verdicts.verdict[i].role),
				reported_name(verdicts.verdict[i].field),
				verdicts.verdict[i].explanation);
}

static void print_disbelief(FILE *out, const struct report *report)
{
	const struct side *sides[] = {report->migration->source, report->migration->destination};

	for (size_t i = 0; i < 2; i++) {
		if (side_impostor(sides[i]))
			fprintf(out,
				"\n  Not believed: QEMU %" PRIu32 " on the %s says it is this "
				"guest,\n  but its command line has another UUID.\n",
				side_impostor(sides[i]), role_name((enum role)i));
		if (report->not_own[i])
			fprintf(out, "\n  libvirt's numbers on the %s are not shown:\n  %s.\n",
				role_name((enum role)i), report->not_own[i]);
	}
}

static void print_remarks(FILE *out, const struct figures *f)
{
	const struct quantity *all[] = {&f->downtime_net, &f->clocks.offset, &f->elapsed_net};
	const char *said = f->downtime.known ? NULL : f->downtime.why_unknown;
	const char *before = "\n"; /* the first remark */

	if (f->clocks.offset.known) {
		fprintf(out, "%s", before);
		before = "";
		print_sources(out, &f->clocks);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->known || (said && !strcmp(said, all[i]->why_unknown)))
			continue;
		said = all[i]->why_unknown;
		fprintf(out, "%s  Unknown: %s.\n", before, said);
		before = "";
	}
	if (f->lost_events)
		fprintf(out, "%s  %" PRIu64 " events were lost.\n", before, f->lost_events);
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

static const char *place_word(enum place place)
{
	static const char *const names[] = {
		[PLACE_SOURCE] = "source",
		[PLACE_TRANSFER] = "between",
		[PLACE_DESTINATION] = "destination",
	};

	return names[place];
}

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

	fprintf(out, "  %-12s", place_word(part->place));
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

/* The one or two parts that most of the downtime went to, in words. */
static void print_longest(FILE *out, const struct figures *figures)
{
	char whole[DURATION_TEXT], one[DURATION_TEXT], name[PART_TEXT];
	const struct part *part;

	duration_format(&figures->downtime, whole, sizeof(whole));
	for (size_t rank = 0; rank < 2; rank++) {
		part = breakdown_longest(&figures->breakdown, rank);
		if (!part || part->duration.est_ns * (rank ? LONG_SHARE : SHORT_SHARE) <
				     figures->downtime.est_ns)
			break;
		duration_format(&part->duration, one, sizeof(one));
		part_name(part, name);
		fprintf(out, "%s%s of it: %s, %s.\n", "  ", one, place_word(part->place), name);
	}
}

static void print_expectation(FILE *out, const char *before, const struct expectation *expectation)
{
	if (expectation->known)
		fprintf(out, "%s%" PRIu64 " ms", before, expectation->ms);
}

static void print_expected(FILE *out, const struct expected *expected)
{
	if (!expected->limit.known && !expected->downtime.known && !expected->said.known)
		return;
	fprintf(out, "  QEMU:");
	print_expectation(out, " limit ", &expected->limit);
	print_expectation(out, expected->limit.known ? ", expected " : " expected ",
			  &expected->downtime);
	print_expectation(
		out, expected->limit.known || expected->downtime.known ? ", counted " : " counted ",
		&expected->said);
	fprintf(out, "%s.\n", expected->said.known ? " on the source alone" : "");
}

/* Where it went, and what QEMU thought of it before. */
static void print_cause(FILE *out, const struct figures *figures)
{
	if (!figures->downtime.known || !figures->breakdown.count)
		return;
	print_longest(out, figures);
	print_expected(out, &figures->expected);
	fprintf(out, "\n");
}

static int by_duration(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return x->ns > y->ns ? -1 : x->ns < y->ns;
}

static void print_devices_of(FILE *out, const struct side *side)
{
	struct device devices[DEVICES_MAX];
	size_t count = side ? devices_of(side, devices) : 0;
	int64_t sum_ns = 0;

	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		sum_ns += devices[i].ns;
	qsort(devices, count, sizeof(devices[0]), by_duration);
	fprintf(out, "    %-12s%zu in %.2f ms:", side->role == ROLE_SOURCE ? "saved" : "loaded",
		count, (double)sum_ns / 1e6);
	for (size_t i = 0; i < count && i < DEVICES_SHOWN; i++) {
		fprintf(out, "%s ", i ? "," : "");
		print_safe(out, devices[i].name);
		fprintf(out, " %.2f", (double)devices[i].ns / 1e6);
	}
	fprintf(out, "\n");
}

/* Side by side in time: they are no parts of their own, but within those of the source. */
static void print_devices(FILE *out, const struct migration *migration,
			  const struct overlap *overlap)
{
	char text[DURATION_TEXT];
	struct device devices[DEVICES_MAX];

	if ((!migration->source || !devices_of(migration->source, devices)) &&
	    (!migration->destination || !devices_of(migration->destination, devices)))
		return;
	fprintf(out, "\n  Devices, the slowest first (ms)\n");
	print_devices_of(out, migration->source);
	print_devices_of(out, migration->destination);
	duration_format(&overlap->both, text, sizeof(text));
	if (overlap->both.known)
		fprintf(out, "    loaded while the source still saved, counted once: %s\n", text);
}

static void print_standstill(FILE *out, const struct report *report)
{
	print_parts(out, &report->figures);
	print_missing(out, report->migration->source);
	print_missing(out, report->migration->destination);
	print_devices(out, report->migration, &report->figures.overlap);
}

/* Prints a space and the string that follows the key in the monitor's JSON text, if it is there. */
static void print_value(FILE *out, const struct mt_event *event, const char *key)
{
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, len, key, strlen(key));
	char value[MT_TEXT + 1];

	if (!at)
		return;
	fputc(' ', out);
	at += strlen(key);
	snprintf(value, sizeof(value), "%.*s", (int)(event->text + len - at), at);
	value[strcspn(value, "\"")] = '\0';
	print_safe(out, value);
}

static void print_event(FILE *out, const struct mt_event *event)
{
	if (event->kind == MT_MONITOR_SEND) {
		fprintf(out, "> %s", qmp_command(event->monitor.command));
	} else if (event->kind == MT_MONITOR_EVENT) {
		fputc('<', out);
		print_value(out, event, "\"event\": \"");
		print_value(out, event, "\"status\": \"");
	} else {
		fprintf(out, "%s%s", event_kind_name(event->kind),
			event->edge == MT_RETURN ? " done" : "");
	}
	fputc('\n', out);
}

static void print_phases(FILE *out, const struct report *report)
{
	struct phase phases[PHASES_MAX];
	size_t count = phases_of(report->migration, &report->figures, phases);
	if (!count)
		return;
	fprintf(out, "\n  Phases, on the %s's clock   (> to QEMU, < from QEMU)\n",
		role_name(migration_side(report->migration)->role));
	for (size_t i = 0; i < count; i++) {
		int64_t ns = phases[i].src_ns - phases[0].src_ns;
		struct quantity since = quantity_exact(ns, "");

		fprintf(out, "  ");
		print_blanks(out, PHASE_WIDTH - print_quantity(out, &since));
		fprintf(out, "%-12s", role_name(phases[i].role));
		print_event(out, phases[i].event);
	}
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
