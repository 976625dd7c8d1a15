/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace report: the migrations in recordings of any number of hosts, in any order. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/numbers.h"
#include "cmd/status.h"
#include "core/match/correlator.h"
#include "report/report.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

/* How much of recordings is held in memory at once, and how much of one side of a migration. */
#define BYTES_MAX	(256u << 20)
#define HALF_EVENTS_MAX (1u << 16)

/* What is reported, and how far that has come. */
struct output {
	const struct report_options *options;
	struct correlator *correlator;
	FILE *text; /* what stdout can show */
	size_t printed;
	enum status status;
};

/* Reads what was opened before we were confined. */
static int inputs_read(struct follow *follow, struct correlator *correlator)
{
	int more = follow_begin(follow, correlator) ?: 1;

	while (more > 0) {
		more = follow_line(follow, false, 0);
		if (more > 0 && correlator_shed(correlator))
			more = -ENOMEM;
	}
	return more < 0 ? more : correlator_end(correlator);
}

static bool is_wanted(const struct report_options *options, const struct migration *migration)
{
	uuid_t uuid;

	return !options->uuid || (!uuid_parse(options->uuid, uuid) &&
				  !memcmp(uuid, migration_uuid(migration), MT_UUID));
}

/* libvirt's numbers are of one migration: given for several, they are of none. */
static bool are_reported_of_one(const struct output *output, const struct migration *migrations,
				size_t count)
{
	const struct report_options *options = output->options;
	size_t wanted = output->printed;

	if (!options->reported_source && !options->reported_destination)
		return true;
	for (size_t i = 0; i < count; i++)
		wanted += is_wanted(options, &migrations[i]);
	if (wanted > 1)
		diag("libvirt's numbers are of one migration, not of %zu: give "
		     "--uuid",
		     wanted);
	return wanted <= 1;
}

static int report_print(const struct output *output, const struct report *report)
{
	const struct report_format *format = &report_formats[output->options->format];
	int err = 0;

	if (!output->printed && format->begin)
		err = format->begin(output->text);
	return err ? err : format->one(output->text, report, output->printed);
}

static void status_raise(struct output *output, enum status status)
{
	if (status > output->status)
		output->status = status;
}

static void migration_print(struct output *output, const struct migration *migration)
{
	struct numbers given[2];
	struct account_request request = {0};
	struct account account;
	struct report report = {.account = &account,
				.explains_clock = output->options->explains_clock};
	int err = numbers_given(output->options->reported_source,
				output->options->reported_destination, given, &request);

	report.has_hits = correlator_hits(output->correlator, &report.hits);
	account_make(migration, &request, &account);
	if (err || report_print(output, &report))
		status_raise(output, STATUS_FAILURE);
	output->printed++;
	status_raise(output, report_status(&account));
}

static void migrations_print(void *arg, const struct migration *migrations, size_t count)
{
	struct output *output = arg;

	if (!are_reported_of_one(output, migrations, count)) {
		output->status = STATUS_FAILURE;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (is_wanted(output->options, &migrations[i]))
			migration_print(output, &migrations[i]);
}

static enum status output_end(struct output *output)
{
	const struct report_options *options = output->options;
	const struct report_format *format = &report_formats[options->format];

	if (output->printed && format->end && format->end(output->text))
		status_raise(output, STATUS_FAILURE);
	text_close(output->text, stdout);
	if (!output->printed && output->status == STATUS_OK) {
		diag("no migration%s%s in these recordings", options->uuid ? " of " : "",
		     options->uuid ? options->uuid : "");
		return STATUS_INCOMPLETE;
	}
	return output->status;
}

/* For people to read, on a terminal that may not show all; programs get what they are promised. */
static bool is_plain(const struct report_options *options)
{
	return options->format == FORMAT_TEXT || options->format == FORMAT_VIRSH;
}

static const char *usage_wrong(const struct options *options)
{
	if (!report_formats[options->report.format].one)
		return "report has no such format, but verify has";
	return options->file_count ? NULL : "report: no recording given";
}

enum status cmd_report(const struct options *options)
{
	struct output output = {.options = &options->report};
	enum status status = STATUS_FAILURE;
	struct follow *follow;
	int err = -ENOMEM;

	if (usage_wrong(options)) {
		diag("%s", usage_wrong(options));
		return STATUS_USAGE;
	}
	follow = follow_open(options->files, options->file_count);
	if (!follow)
		return STATUS_FAILURE;
	confine(CONFINE_READER);
	output.text = is_plain(&options->report) ? text_open(stdout) : stdout;
	output.correlator = correlator_new(BYTES_MAX, HALF_EVENTS_MAX, migrations_print, &output);
	if (output.correlator)
		err = inputs_read(follow, output.correlator);
	if (err == -ENOMEM)
		diag("out of memory");
	if (!err)
		status = output_end(&output);
	follow_close(follow);
	correlator_free(output.correlator);
	return status;
}
