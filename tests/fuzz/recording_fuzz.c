/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a recording: read, matched, computed and printed, or refused. */
#include <stdint.h>
#include <stdio.h>

#include "core/correlator.h"
#include "record/read.h"
#include "report/format.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report_all(void *arg, const struct migration *migrations, size_t count)
{
	FILE *out = arg;

	for (size_t i = 0; i < count; i++) {
		struct report report = {.migration = &migrations[i], .explains_clock = true};

		report.figures = figures_of(report.migration);
		for (int format = 0; format < FORMATS; format++)
			if (report_formats[format].one)
				report_formats[format].one(out, &report, i);
	}
}

/*
 * With so little memory that much is thrown away, and with enough. One recording: with two hosts of
 * one clock, halves meet that come from one file.
 */
static void pass(FILE *in, FILE *out, size_t bytes, size_t half_events)
{
	struct correlator *correlator = correlator_new(bytes, half_events, report_all, out);
	struct recording *recording = correlator ? correlator_add(correlator, "fuzz") : NULL;
	struct reader *reader = recording ? reader_open(recording) : NULL;
	int more = -1;

	while (reader && (more = reader_read(reader, in)) > 0)
		correlator_shed(correlator);
	reader_close(reader);
	if (!more)
		correlator_end(correlator);
	correlator_free(correlator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	FILE *out = fopen("/dev/null", "w");

	if (file && out) {
		pass(file, out, SIZE_MAX, SIZE_MAX);
		rewind(file);
		pass(file, out, 8192, 12);
	}
	if (file)
		fclose(file);
	if (out)
		fclose(out);
	return 0;
}
