/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts on libvirt's numbers for people: what it says, what is true, and why they differ. */
#include "report/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/duration.h"
#include "report/words.h"

#define COLUMNS 78

static int begin(FILE *out)
{
	(void)out;
	return 0;
}

static void print_title(FILE *out, const struct account *account)
{
	print_who(out, account);
	fprintf(out, ", %s\n\n", outcome_name(account->outcome));
}

static void print_truth(FILE *out, const struct quantity *truth)
{
	char text[DURATION_TEXT];

	duration_format(truth, text, sizeof(text));
	fprintf(out, "%s%*s", text, text_columns(text) < 20 ? 20 - text_columns(text) : 0, "");
}

static void print_verdict(FILE *out, const struct verdict *verdict)
{
	char said[32] = "-";

	if (verdict->is_there)
		snprintf(said, sizeof(said), "%" PRId64 " ms", verdict->ms);
	fprintf(out, "  %-12s%-17s%11s   ", role_name(verdict->role), reported_name(verdict->field),
		said);
	print_truth(out, &verdict->truth);
	fprintf(out, " %s\n", verdict_name(verdict->kind));
}

/* Prints words behind the indent, none over the width if it need not be. */
static void print_wrapped(FILE *out, size_t indent, const char *text)
{
	size_t column = 0, len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column && column + 1 + len > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s%.*s", column ? 1 : (int)indent, "", (int)len, text);
		column += (column ? 1 : indent) + len;
	}
	fputc('\n', out);
}

static const struct verdict *verdict_of(const struct verdicts *verdicts, enum role role, int field)
{
	for (size_t i = 0; i < verdicts->count; i++)
		if (verdicts->verdict[i].role == role && (int)verdicts->verdict[i].field == field)
			return &verdicts->verdict[i];
	return NULL;
}

static void print_side(FILE *out, const struct verdict *verdict)
{
	char text[512];

	if (!verdict || verdict->kind == VERDICT_AGREES)
		return;
	snprintf(text, sizeof(text), "%s: %s", role_name(verdict->role), verdict->explanation);
	print_wrapped(out, 4, text);
}

/* Once, if it is the same for both sides. */
static void print_definitions(FILE *out, enum reported_field field)
{
	const char *source = verdict_definition(ROLE_SOURCE, field);
	const char *destination = verdict_definition(ROLE_DESTINATION, field);
	char text[512];

	if (source != destination) {
		snprintf(text, sizeof(text), "on the source: %s", source);
		print_wrapped(out, 4, text);
	}
	snprintf(text, sizeof(text), "%s%s", source != destination ? "on the destination: " : "",
		 destination);
	print_wrapped(out, 4, text);
}

/* Of each number that is not right on one side: what it is by libvirt's definition, and why. */
static void print_why(FILE *out, const struct verdicts *verdicts)
{
	for (int field = 0; field < REPORTED_FIELDS; field++) {
		const struct verdict *source = verdict_of(verdicts, ROLE_SOURCE, field);
		const struct verdict *destination = verdict_of(verdicts, ROLE_DESTINATION, field);

		if ((!source || source->kind == VERDICT_AGREES) &&
		    (!destination || destination->kind == VERDICT_AGREES))
			continue;
		fprintf(out, "\n  %s\n", reported_name((enum reported_field)field));
		print_definitions(out, (enum reported_field)field);
		print_side(out, source);
		print_side(out, destination);
	}
}

static void print_stamp(FILE *out, const char *what, const struct quantity *quantity)
{
	char text[DURATION_TEXT];

	if (!quantity->known)
		return;
	duration_format(quantity, text, sizeof(text));
	fprintf(out, "  %-52s %s\n", what, text);
}

static void print_stamps(FILE *out, const struct libvirt_stamps *stamps)
{
	if (!stamps->offset_in_delta.known && !stamps->start_error.known)
		return;
	fprintf(out, "\n  libvirt's own stamps, beside the same instants here\n");
	print_stamp(out, "destination's wall clock ahead, as delta has it",
		    &stamps->offset_in_delta);
	print_stamp(out, "the same, as the recorders' wall clocks have it",
		    &stamps->recorder_offset);
	print_stamp(out, "started, less the recorder's wall clock", &stamps->start_error);
	print_stamp(out, "stopped", &stamps->stop_error);
	print_stamp(out, "sent", &stamps->sent_error);
	print_stamp(out, "received", &stamps->received_error);
}

/* What they are is said of those, too, that agree: it is not what libvirt calls so. */
static void print_qemu(FILE *out, const struct qemu_numbers *qemu)
{
	char text[512];

	if (qemu->count)
		fprintf(out, "\n  %-29s%11s   %-20s %s\n", "the source's QEMU", "QEMU", "its steps",
			"verdict");
	for (size_t i = 0; i < qemu->count; i++) {
		const struct qemu_number *number = &qemu->number[i];

		snprintf(text, sizeof(text), "%" PRIu64 " ms", number->ms);
		fprintf(out, "  %-29s%11s   ", number->name, text);
		print_truth(out, &number->span);
		fprintf(out, " %s\n", verdict_name(number->kind));
		print_wrapped(out, 4, number->definition);
		print_wrapped(out, 4, number->explanation);
	}
}

static void print_numbers(FILE *out, enum role role, const struct numbers *numbers)
{
	if (numbers->silent)
		fprintf(out, "  %-12s%s\n", role_name(role), numbers->silent);
	if (numbers->by_event)
		fprintf(out, "  %-12sfrom the JOB_COMPLETED event, because %s\n", role_name(role),
			numbers->by_event);
}

static int migration_text(FILE *out, const struct account *account)
{
	const struct verdicts *verdicts = &account->verdicts;

	print_title(out, account);
	print_numbers(out, ROLE_SOURCE, &account->side[ROLE_SOURCE].numbers);
	print_numbers(out, ROLE_DESTINATION, &account->side[ROLE_DESTINATION].numbers);
	if (verdicts->count)
		fprintf(out, "  %-29s%11s   %-20s %s\n", "", "libvirt", "migtrace", "verdict");
	for (size_t i = 0; i < verdicts->count; i++)
		print_verdict(out, &verdicts->verdict[i]);
	print_why(out, verdicts);
	if (verdicts->count)
		print_stamps(out, &verdicts->stamps);
	print_qemu(out, &account->qemu);
	fprintf(out, "\n");
	return fflush(out) ? -errno : 0;
}

static int end(FILE *out, const struct verify_counts *counts)
{
	fprintf(out, "%zu of %zu migrations judged", counts->judged, counts->migrations);
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		if (counts->verdicts[kind])
			fprintf(out, ", %zu %s", counts->verdicts[kind],
				verdict_name((enum verdict_kind)kind));
	fprintf(out, "\n");
	return fflush(out) ? -errno : 0;
}

const struct verify_format verify_text = {begin, migration_text, end};
