/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report for people: the answer first, then how sure it is, then where the time went. */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/phases.h"
#include "core/qmp.h"
#include "record/kinds.h"
#include "report/duration.h"

#define BAR_MAX	    12
#define VALUE_WIDTH 20

/* Names come from other hosts: a terminal must not obey them. */
static void print_safe(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void print_padded(FILE *out, const char *text, int width)
{
	int columns = text_columns(text);

	fprintf(out, "%s%*s", text, columns < width ? width - columns : 0, "");
}

static void print_title(FILE *out, const struct report *report)
{
	const struct migration *m = report->migration;
	char uuid[UUID_TEXT], name[MT_TEXT];

	uuid_unparse_lower(migration_uuid(m), uuid);
	migration_name(m, name, sizeof(name));
	print_safe(out, name[0] ? name : "(name not seen)");
	fprintf(out, "  %s\n", uuid);
	print_safe(out, m->source ? half_host(m->source) : "(source not seen)");
	fprintf(out, " -> ");
	print_safe(out, m->destination ? half_host(m->destination) : "(destination not seen)");
	if (migration_control(m) != CONTROL_UNKNOWN)
		fprintf(out, ", %s", control_name(migration_control(m)));
	fprintf(out, ", %s\n\n", outcome_name(migration_outcome(m)));
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
		fprintf(out, "%s%" PRIu64 " ms", any ? " and " : "libvirt says ", ms);
		before = ms;
		any = true;
	}
	fprintf(out, "%s\n\n", any ? "." : "");
}

static void print_answer(FILE *out, const struct report *report)
{
	const struct figures *figures = &report->figures;
	char text[DURATION_TEXT];

	if (figures->downtime.known) {
		duration_format(&figures->downtime, text, sizeof(text));
		fprintf(out, "The guest stood still for %s.  ", text);
		print_libvirt_downtime(out, report);
		return;
	}
	fprintf(out, "How long the guest stood still is unknown:\n%s.\n\n",
		figures->downtime.why_unknown);
}

static void print_reported(FILE *out, const struct reported *reported, int field)
{
	char text[32] = "";

	if (field >= 0 && reported->field[field].known)
		snprintf(text, sizeof(text), "%" PRIu64 " ms", reported->field[field].ms);
	else if (field >= 0 && reported->is_given)
		snprintf(text, sizeof(text), "-");
	fprintf(out, "%15s", text);
}

static void print_figure(FILE *out, const struct report *report, const char *name,
			 const struct quantity *quantity, int field)
{
	char text[DURATION_TEXT];

	fprintf(out, "  %-14s", name);
	duration_format(quantity, text, sizeof(text));
	print_padded(out, text, VALUE_WIDTH);
	print_reported(out, &report->source, field);
	print_reported(out, &report->destination, field);
	fprintf(out, "\n");
}

static bool has_reported(const struct report *report)
{
	return report->source.is_given || report->destination.is_given;
}

static void print_figures(FILE *out, const struct report *report)
{
	const struct figures *f = &report->figures;

	fprintf(out, "  %-14s%-*s%s\n", "", VALUE_WIDTH, "migtrace",
		has_reported(report) ? "libvirt: source    destination" : "");
	print_figure(out, report, "downtime", &f->downtime, REPORTED_DOWNTIME);
	print_figure(out, report, "downtime_net", &f->downtime_net, REPORTED_DOWNTIME_NET);
	print_figure(out, report, "transfer", &f->transfer, -1);
	print_figure(out, report, "elapsed", &f->elapsed, REPORTED_ELAPSED);
	print_figure(out, report, "elapsed_net", &f->elapsed_net, REPORTED_ELAPSED_NET);
	print_figure(out, report, "clock offset", &f->offset, -1);
}

static void print_remarks(FILE *out, const struct figures *f)
{
	const struct quantity *all[] = {&f->downtime_net, &f->offset, &f->elapsed_net};
	const char *said = f->downtime.known ? NULL : f->downtime.why_unknown;

	fprintf(out, "\n");
	if (f->offset.known)
		fprintf(out,
			"  Sure by messages that crossed (%s%s%s). downtime_net and elapsed_net\n"
			"  compare no clocks and have no error; without ± means exact.\n",
			f->lower, f->lower == f->upper ? "" : ", ",
			f->lower == f->upper ? "" : f->upper);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->known || (said && !strcmp(said, all[i]->why_unknown)))
			continue;
		said = all[i]->why_unknown;
		fprintf(out, "  Unknown: %s.\n", said);
	}
	if (f->lost_events)
		fprintf(out, "  %" PRIu64 " events were lost.\n", f->lost_events);
}

/* A bar for the part's share, none for less than half a step. */
static void print_bar(FILE *out, int64_t part_ns, int64_t whole_ns)
{
	int steps = whole_ns > 0 ? (int)((part_ns * 2 * BAR_MAX / whole_ns + 1) / 2) : 0;

	for (int i = 0; i < BAR_MAX; i++)
		fprintf(out, "%s", i < steps ? "█" : " ");
}

static void print_parts(FILE *out, const struct figures *figures)
{
	static const char *const places[] = {
		[PLACE_SOURCE] = "source",
		[PLACE_TRANSFER] = "between",
		[PLACE_DESTINATION] = "destination",
	};
	char text[DURATION_TEXT];

	if (!figures->part_count)
		return;
	fprintf(out, "\n  Where the downtime went\n");
	for (size_t i = 0; i < figures->part_count; i++) {
		const struct part *part = &figures->parts[i];

		duration_format(&part->duration, text, sizeof(text));
		fprintf(out, "  %-12s", places[part->place]);
		print_padded(out, text, 16);
		print_bar(out, part->duration.est_ns, figures->downtime.est_ns);
		fprintf(out, "  %s\n", part->name);
	}
}

/* Prints the value of the JSON string that follows the key, of the monitor's text. */
static void print_value(FILE *out, const struct mt_event *event, const char *key)
{
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, len, key, strlen(key));

	if (!at)
		return;
	for (at += strlen(key); at < event->text + len && *at != '"'; at++)
		fputc((unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at, out);
}

static void print_event(FILE *out, const struct mt_event *event)
{
	if (event->kind == MT_MONITOR_SEND) {
		fprintf(out, "> %s", qmp_command(event->command));
	} else if (event->kind == MT_MONITOR_EVENT) {
		fprintf(out, "< ");
		print_value(out, event, "\"event\": \"");
		fputc(' ', out);
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
	char text[DURATION_TEXT];

	if (!count)
		return;
	fprintf(out, "\n  Phases, on the source's clock   (> to QEMU, < from QEMU)\n");
	for (size_t i = 0; i < count; i++) {
		int64_t ns = phases[i].src_ns - phases[0].src_ns;
		struct quantity since = quantity_exact(ns, "");

		duration_format(&since, text, sizeof(text));
		fprintf(out, "  %12s  %-12s ", text,
			phases[i].side == SIDE_SOURCE ? "source" : "destination");
		print_event(out, phases[i].event);
	}
}

int report_text(FILE *out, const struct report *report)
{
	print_title(out, report);
	print_answer(out, report);
	print_figures(out, report);
	print_remarks(out, &report->figures);
	print_parts(out, &report->figures);
	print_phases(out, report);
	return ferror(out) ? -EIO : 0;
}
