/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and helpers that all report formats share. */
#ifndef MIGTRACE_REPORT_REPORT_H
#define MIGTRACE_REPORT_REPORT_H

#include <stdio.h>

#include "core/figures/figures.h"
#include "core/match/migration.h"
#include "core/match/outcome.h"
#include "core/verdict/verdict.h"
#include "report/virsh_stats.h"

struct report {
	const struct migration *migration;
	struct figures figures;
	struct reported source, destination; /* libvirt's own numbers */
	const char *not_own[2];		     /* by side: why they are not shown, or NULL */
	bool explains_clock;		     /* in text: what binds the offset */
	bool has_hits;
	uint64_t hits; /* of probes, in all recordings */
};

/* Returns a QEMU of that side which was not believed (core/side/window.h), as its pid, or 0. */
uint32_t side_impostor(const struct side *side);

struct json_object;

#define CLOCK_SOURCES 6

/* Writes each source of the messages that bound the offset once; returns how many. */
size_t clock_sources(const struct clocks *clocks, const char *names[CLOCK_SOURCES]);

/* Prints what is known of the clocks, and by which messages. */
void print_clocks(FILE *out, const struct clocks *clocks);

/* Returns the verdicts on the figures that a report shows. */
struct verdicts report_verdicts(const struct report *report);

/* Both return 0 or -errno of the write. */
int report_text(FILE *out, const struct report *report);
int report_json(FILE *out, const struct report *report);

/* What virsh domjobinfo --completed would print, were libvirt right, and by how much not. */
int report_virsh(FILE *out, const struct report *report);

/* Returns the quantity as a new object. */
struct json_object *quantity_json(const struct quantity *quantity);

/* Formats of many migrations (see report/format.h). */
int html_begin(FILE *out);
int html_one(FILE *out, const struct report *report, size_t index);
int html_end(FILE *out);
int perfetto_begin(FILE *out);
int perfetto_one(FILE *out, const struct report *report, size_t index);
int perfetto_end(FILE *out);
int csv_begin(FILE *out);
int csv_one(FILE *out, const struct report *report, size_t index);

/* Prints text that came from other hosts: a terminal must not obey it. */
void print_safe(FILE *out, const char *text);

/* The same with its first character, whose bytes it counts. */
void print_character(FILE *out, const char *text, size_t *size);

/* Prints whose migration it was, and from where to where; the line is not ended. */
void print_who(FILE *out, const struct migration *migration);

/* Returns the host's name as its daemon has it, or as the recorder had it. */
const char *side_host(const struct side *side);

/* Returns libvirt's UUID of the host, "" if not known. */
const char *side_hostuuid(const struct side *side);

/* Copies the domain's name to name, "" if it was not seen. */
void migration_name(const struct migration *migration, char *name, size_t size);

#endif
