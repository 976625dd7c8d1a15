/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of a report: one table. */
#include "report/format.h"

#include "report/report.h"
#include "report/verify.h"

static int text_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	(void)page;
	if (index)
		fprintf(out, "\n");
	return report_text(out, report);
}

static int json_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	(void)index;
	(void)page;
	return report_json(out, report);
}

static int virsh_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	(void)index;
	(void)page;
	return report_virsh(out, report);
}

const struct report_format report_formats[FORMATS] = {
	[FORMAT_TEXT] = {"text", NULL, text_one, NULL, &verify_text},
	[FORMAT_JSON] = {"json", NULL, json_one, NULL, &verify_json},
	[FORMAT_HTML] = {"html", html_begin, html_one, html_end, NULL},
	[FORMAT_PERFETTO] = {"perfetto", perfetto_begin, perfetto_one, perfetto_end, NULL},
	[FORMAT_CSV] = {"csv", csv_begin, csv_one, NULL, NULL},
	[FORMAT_VIRSH] = {"virsh", NULL, virsh_one, NULL, NULL},
	[FORMAT_OTLP] = {"otlp", NULL, otlp_one, NULL, NULL},
	[FORMAT_JUNIT] = {"junit", NULL, NULL, NULL, &verify_junit},
};
