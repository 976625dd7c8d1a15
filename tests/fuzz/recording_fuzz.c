/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a recording: read, matched, computed and printed, or refused. */
#include <stdint.h>
#include <stdio.h>

#include "record/read.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report_all(FILE *out, const struct migrations *migrations)
{
	for (size_t i = 0; i < migrations->count; i++) {
		struct report report = {.migration = &migrations->migration[i],
					.explains_clock = true};

		report.figures = figures_of(report.migration);
		report_text(out, &report);
		report_json(out, &report);
	}
}

/* Twice the same recording: with two hosts of one clock, halves meet that come from one file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	FILE *out = fopen("/dev/null", "w");
	struct recording recording;
	struct halves halves;
	struct migrations migrations;

	if (file && out) {
		if (!recording_read(file, "fuzz", &recording)) {
			if (!halves_find(&recording, &halves) &&
			    !migrations_match(&halves, 1, &migrations)) {
				report_all(out, &migrations);
				migrations_free(&migrations);
			}
			halves_free(&halves);
		}
		recording_free(&recording);
	}
	if (file)
		fclose(file);
	if (out)
		fclose(out);
	return 0;
}
