/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of a report: one table. */
#ifndef MIGTRACE_REPORT_FORMAT_H
#define MIGTRACE_REPORT_FORMAT_H

#include <stddef.h>
#include <stdio.h>

struct report;
struct page; /* what a format keeps from its begin to its end */
struct verify_format;

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_HTML,
	FORMAT_PERFETTO,
	FORMAT_CSV,
	FORMAT_VIRSH,
	FORMAT_OTLP,
	FORMAT_JUNIT, /* of verify */
	FORMATS,
};

/* All return 0 or -errno of the write. */
struct report_format {
	const char *name;
	/* NULL: nothing comes before the first migration, */
	int (*begin)(FILE *out, struct page **page);
	/* From 0 on; NULL: reports do not have that format. */
	int (*one)(FILE *out, const struct report *report, size_t index, struct page *page);
	/* or after the last: frees the page. NULL is none. */
	int (*end)(FILE *out, struct page *page);
	const struct verify_format *verify; /* NULL: verdicts do not have that format */
};

extern const struct report_format report_formats[FORMATS];

#endif
