/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and helpers that all report formats share. */
#ifndef MIGTRACE_REPORT_REPORT_H
#define MIGTRACE_REPORT_REPORT_H

#include <stdio.h>

#include "core/account/account.h"

/* What is printed. */
struct report {
	const struct account *account;
	bool explains_clock; /* in text: what binds the offset */
	bool has_hits;
	uint64_t hits; /* of probes, in all recordings */
};

struct json_object;
struct page;

#define CLOCK_SOURCES 6

/* Writes each source of the messages that bound the offset once; returns how many. */
size_t clock_sources(const struct clocks *clocks, const char *names[CLOCK_SOURCES]);

/* Prints what is known of the clocks, and by which messages. */
void print_clocks(FILE *out, const struct clocks *clocks);

/* Both return 0 or -errno of the write. */
int report_text(FILE *out, const struct report *report);
int report_json(FILE *out, const struct report *report);

/* What virsh domjobinfo --completed would print, were libvirt right, and by how much not. */
int report_virsh(FILE *out, const struct report *report);

/* Returns the quantity as a new object. */
struct json_object *quantity_json(const struct quantity *quantity);

/* Formats of many migrations (see report/format.h). */
int html_begin(FILE *out, struct page **page);
int html_one(FILE *out, const struct report *report, size_t index, struct page *page);
int html_end(FILE *out, struct page *page);
int perfetto_begin(FILE *out, struct page **page);
int perfetto_one(FILE *out, const struct report *report, size_t index, struct page *page);
int perfetto_end(FILE *out, struct page *page);
int csv_begin(FILE *out, struct page **page);
int csv_one(FILE *out, const struct report *report, size_t index, struct page *page);
int otlp_one(FILE *out, const struct report *report, size_t index, struct page *page);

/* Prints text that came from other hosts: a terminal must not obey it. */
void print_safe(FILE *out, const char *text);

/* The same with its first character, whose bytes it counts. */
void print_character(FILE *out, const char *text, size_t *size);

/* Prints whose migration it was, and from where to where; the line is not ended. */
void print_who(FILE *out, const struct account *account);

#endif
