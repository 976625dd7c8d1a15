/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a recording: read, matched, computed and printed, or refused. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/match/correlator.h"
#include "record/read.h"
#include "report/format.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report_all(void *arg, const struct migration *migrations, size_t count)
{
	FILE *out = arg;

	for (size_t i = 0; i < count; i++) {
		struct account account;
		struct report report = {.account = &account, .explains_clock = true};
		struct page *page = NULL;

		account_make(&migrations[i], &(struct account_request){0}, &account);
		for (int i = 0; i < FORMATS; i++) {
			const struct report_format *format = &report_formats[i];

			if (format->begin)
				format->begin(out, &page);
			if (format->one)
				format->one(out, &report, 0, page);
			if (format->end)
				format->end(out, page);
		}
	}
}

/*
 * With so little memory that much is thrown away, and with enough. One recording: with two hosts of
 * one clock, sides meet that come from one file.
 */
static void pass(const char *data, size_t size, FILE *out, size_t bytes, size_t side_events)
{
	const char *end = data + size, *next;
	struct correlator *correlator = correlator_new(bytes, side_events, report_all, out);
	struct recording *recording = correlator ? correlator_add(correlator, "fuzz") : NULL;
	struct reader *reader = recording ? reader_open(recording) : NULL;
	int err = reader ? 0 : -1;

	for (; !err && (next = memchr(data, '\n', (size_t)(end - data))); data = next + 1) {
		err = reader_line(reader, data, (size_t)(next - data));
		if (!err)
			correlator_shed(correlator);
	}
	if (!err)
		err = reader_end(reader, (size_t)(end - data));
	reader_close(reader);
	if (!err)
		correlator_end(correlator);
	correlator_free(correlator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *out = fopen("/dev/null", "w");

	if (out && size) {
		pass((const char *)data, size, out, SIZE_MAX, SIZE_MAX);
		pass((const char *)data, size, out, 8192, 12);
	}
	if (out)
		fclose(out);
	return 0;
}
