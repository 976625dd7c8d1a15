/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace report: the migrations in recordings of any number of hosts, in any order. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "cmd/commands.h"
#include "core/join.h"
#include "privileges.h"
#include "record/read.h"
#include "report/report.h"

struct inputs {
	size_t count;
	struct recording *recordings;
	struct halves *halves;
};

static int inputs_open(const struct options *options, FILE **files)
{
	for (size_t i = 0; i < options->file_count; i++) {
		files[i] = strcmp(options->files[i], "-") ? fopen(options->files[i], "re") : stdin;
		if (!files[i]) {
			fprintf(stderr, "migtrace: %s: %s\n", options->files[i], strerror(errno));
			return -errno;
		}
	}
	return 0;
}

static int by_begin(const void *a, const void *b)
{
	const struct recording *x = a, *y = b;
	int64_t x_ns = x->snapshot_count ? x->snapshots[0].mono_before_ns : 0;
	int64_t y_ns = y->snapshot_count ? y->snapshots[0].mono_before_ns : 0;

	return x_ns < y_ns ? -1 : x_ns > y_ns;
}

/* Of recordings of one host that follow each other the first takes up the others. */
static int inputs_join(struct inputs *inputs)
{
	int err = 0;

	qsort(inputs->recordings, inputs->count, sizeof(*inputs->recordings), by_begin);
	for (size_t i = 0; i < inputs->count; i++)
		for (size_t j = i + 1; !err && j < inputs->count; j++)
			if (recording_follows(&inputs->recordings[i], &inputs->recordings[j]))
				err = recording_append(&inputs->recordings[i],
						       &inputs->recordings[j]);
	return err;
}

/* Reads what was opened before privileges were dropped; nothing of it is parsed with them. */
static int inputs_read(const struct options *options, FILE **files, struct inputs *inputs)
{
	int err = 0;

	for (size_t i = 0; i < options->file_count && !err; i++)
		err = recording_read(files[i], options->files[i], &inputs->recordings[i]);
	if (!err)
		err = inputs_join(inputs);
	for (size_t i = 0; i < options->file_count && !err; i++)
		err = halves_find(&inputs->recordings[i], &inputs->halves[i]);
	return err;
}

static void inputs_free(struct inputs *inputs, FILE **files)
{
	for (size_t i = 0; i < inputs->count; i++) {
		halves_free(&inputs->halves[i]);
		recording_free(&inputs->recordings[i]);
		if (files[i])
			fclose(files[i]);
	}
	free(inputs->halves);
	free(inputs->recordings);
	free(files);
}

/* Says what keeps the migration's report from being whole. Returns the status that it gives. */
static enum status migration_status(const struct migration *migration,
				    const struct figures *figures)
{
	const struct half *half = migration->source ? migration->source : migration->destination;
	enum outcome outcome = migration_outcome(migration);
	char uuid[UUID_TEXT];

	uuid_unparse_lower(migration_uuid(migration), uuid);
	if (figures->clocks.verdict == CLOCK_INCONSISTENT) {
		fprintf(stderr, "migtrace: %s: the two hosts' clocks contradict each other: %s\n",
			uuid, figures->clocks.contradicts);
		return STATUS_INCONSISTENT;
	}
	if (migration->twin)
		fprintf(stderr, "migtrace: %s: %s and %s have the same side of it, the %s\n", uuid,
			migration->twin->recording->name, half->recording->name,
			migration->source ? "source" : "destination");
	if (migration->is_doubled)
		return STATUS_INCOMPLETE;
	if (!migration->source ||
	    (!migration->destination && !migration_was_refused(migration))) {
		fprintf(stderr, "migtrace: %s: no recording has the %s's side of it\n", uuid,
			migration->source ? "destination" : "source");
		return STATUS_INCOMPLETE;
	}
	if (migration->source->has_uuid_conflict || migration->destination->has_uuid_conflict) {
		fprintf(stderr, "migtrace: %s: two ways to tell which domain it is disagree\n",
			uuid);
		return STATUS_FAILURE;
	}
	if (figures->hole) {
		fprintf(stderr, "migtrace: %s: %s\n", uuid, figures->hole);
		return STATUS_INCOMPLETE;
	}
	if (outcome == OUTCOME_UNFINISHED || outcome == OUTCOME_UNKNOWN) {
		fprintf(stderr, "migtrace: %s: its end is not in the recordings\n", uuid);
		return STATUS_INCOMPLETE;
	}
	return STATUS_OK;
}

static int reported_get(const struct options *options, size_t count, struct report *report)
{
	int err = 0;

	if (!options->reported_source && !options->reported_destination)
		return 0;
	if (count != 1) {
		fprintf(stderr,
			"migtrace: libvirt's numbers are of one migration, but %zu are "
			"reported\n",
			count);
		return -EINVAL;
	}
	if (options->reported_source)
		err = reported_read(options->reported_source, &report->source);
	if (!err && options->reported_destination)
		err = reported_read(options->reported_destination, &report->destination);
	return err;
}

static bool is_wanted(const struct options *options, const struct migration *migration)
{
	uuid_t uuid;

	return !options->uuid || (!uuid_parse(options->uuid, uuid) &&
				  !memcmp(uuid, migration_uuid(migration), MT_UUID));
}

static size_t wanted_count(const struct options *options, const struct migrations *migrations)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++)
		count += is_wanted(options, &migrations->migration[i]);
	return count;
}

static void hits_get(const struct inputs *inputs, struct report *report)
{
	report->has_hits = true;
	for (size_t i = 0; i < inputs->count; i++) {
		report->has_hits &= inputs->recordings[i].ended;
		report->hits += inputs->recordings[i].hits;
	}
}

static int report_print(const struct options *options, const struct report *report, bool is_first)
{
	if (options->format == FORMAT_JSON)
		return report_json(stdout, report);
	if (!is_first)
		printf("\n");
	return report_text(stdout, report);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = migration_real_ns(a), y = migration_real_ns(b);

	return x < y ? -1 : x > y;
}

static enum status report_all(const struct options *options, const struct inputs *inputs,
			      struct migrations *migrations)
{
	enum status status = STATUS_OK, one;
	struct report report = {.explains_clock = options->explains_clock};
	size_t count = wanted_count(options, migrations), printed = 0;

	if (!count) {
		fprintf(stderr, "migtrace: no migration%s%s in these recordings\n",
			options->uuid ? " of " : "", options->uuid ? options->uuid : "");
		return STATUS_INCOMPLETE;
	}
	if (reported_get(options, count, &report))
		return STATUS_FAILURE;
	hits_get(inputs, &report);
	qsort(migrations->migration, migrations->count, sizeof(*migrations->migration), by_time);
	for (size_t i = 0; i < migrations->count; i++) {
		report.migration = &migrations->migration[i];
		if (!is_wanted(options, report.migration))
			continue;
		report.figures = figures_of(report.migration);
		if (report_print(options, &report, !printed++))
			return STATUS_FAILURE;
		one = migration_status(report.migration, &report.figures);
		status = one > status ? one : status;
	}
	return status;
}

static enum status report_inputs(const struct options *options, const struct inputs *inputs)
{
	struct migrations migrations;
	enum status status = STATUS_FAILURE;

	if (migrations_match(inputs->halves, inputs->count, &migrations))
		fprintf(stderr, "migtrace: out of memory\n");
	else
		status = report_all(options, inputs, &migrations);
	migrations_free(&migrations);
	if (fflush(stdout)) {
		fprintf(stderr, "migtrace: cannot write the report: %s\n", strerror(errno));
		return STATUS_FAILURE;
	}
	return status;
}

enum status cmd_report(const struct options *options)
{
	size_t count = options->file_count;
	struct inputs inputs = {count, calloc(count + 1, sizeof(*inputs.recordings)),
				calloc(count + 1, sizeof(*inputs.halves))};
	FILE **files = calloc(count + 1, sizeof(*files));
	enum status status = STATUS_FAILURE;

	if (!count) {
		fprintf(stderr, "migtrace: report of which recordings? Give their files\n");
		status = STATUS_USAGE;
	} else if (!files || !inputs.recordings || !inputs.halves) {
		fprintf(stderr, "migtrace: out of memory\n");
	} else if (!inputs_open(options, files)) {
		privileges_drop(false);
		if (!inputs_read(options, files, &inputs))
			status = report_inputs(options, &inputs);
	}
	inputs_free(&inputs, files);
	return status;
}
