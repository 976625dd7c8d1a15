/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace report: the migrations in recordings of any number of hosts, in any order. */
#include <errno.h>
#include <stdbool.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "cmd/status.h"
#include "core/match/correlator.h"
#include "report/report.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

/* What is reported, and how far that has come. */
struct output {
	const struct report_options *options;
	struct correlator *correlator;
	FILE *text;	   /* what stdout can show */
	struct page *page; /* of a format that has one */
	size_t printed;
	enum status status;
};

/* libvirt's numbers are of one migration: given for several, they are of none. */
static bool are_reported_of_one(const struct output *output, const struct migration *migrations,
				size_t count)
{
	const struct reading *reading = &output->options->reading;
	size_t wanted = output->printed;

	if (!reading_has_numbers(reading))
		return true;
	for (size_t i = 0; i < count; i++)
		wanted += reading_wants(reading, &migrations[i]);
	if (wanted > 1)
		diag("libvirt's numbers are of one migration, not of %zu: give "
		     "--uuid",
		     wanted);
	return wanted <= 1;
}

static int report_print(struct output *output, const struct report *report)
{
	const struct report_format *format = &report_formats[output->options->reading.format];
	int err = 0;

	if (!output->printed && format->begin)
		err = format->begin(output->text, &output->page);
	return err ? err : format->one(output->text, report, output->printed, output->page);
}

static void migration_print(struct output *output, const struct migration *migration)
{
	struct numbers given[2];
	struct account_request request = {0};
	struct account account;
	struct report report = {.account = &account,
				.explains_clock = output->options->explains_clock};
	int err = reading_numbers(&output->options->reading, given, &request);

	report.has_hits = correlator_hits(output->correlator, &report.hits);
	account_make(migration, &request, &account);
	if (!err)
		err = report_print(output, &report);
	if (err == -ENOMEM)
		diag("out of memory");
	if (err)
		output->status = status_worse(output->status, STATUS_FAILURE);
	output->printed++;
	output->status = status_worse(output->status, report_status(&account));
}

static void migrations_print(void *arg, const struct migration *migrations, size_t count)
{
	struct output *output = arg;

	if (!are_reported_of_one(output, migrations, count)) {
		output->status = STATUS_FAILURE;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (reading_wants(&output->options->reading, &migrations[i]))
			migration_print(output, &migrations[i]);
}

static enum status output_end(struct output *output)
{
	const struct reading *reading = &output->options->reading;
	const struct report_format *format = &report_formats[reading->format];

	if (output->printed && format->end && format->end(output->text, output->page))
		output->status = status_worse(output->status, STATUS_FAILURE);
	text_close(output->text, stdout);
	if (!output->printed && output->status == STATUS_OK) {
		reading_warn_none(reading);
		return STATUS_INCOMPLETE;
	}
	return output->status;
}

/* For people to read, on a terminal that may not show all; programs get what they are promised. */
static bool is_plain(enum format format)
{
	return format == FORMAT_TEXT || format == FORMAT_VIRSH;
}

static const char *usage_wrong(const struct options *options)
{
	if (!report_formats[options->report.reading.format].one)
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
	follow = follow_open(options->files, options->file_count, options->report.reading.store);
	if (!follow)
		return STATUS_FAILURE;
	confine(CONFINE_READER);
	output.text = is_plain(options->report.reading.format) ? text_open(stdout) : stdout;
	output.correlator =
		correlator_new(READING_BYTES, READING_SIDE_EVENTS, migrations_print, &output);
	if (output.correlator)
		err = follow_all(follow, output.correlator) ?: correlator_end(output.correlator);
	if (err == -ENOMEM)
		diag("out of memory");
	if (!err)
		status = output_end(&output);
	else
		text_close(output.text, stdout);
	follow_close(follow);
	correlator_free(output.correlator);
	return status;
}
