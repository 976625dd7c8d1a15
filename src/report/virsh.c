/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What virsh domjobinfo --completed would print, were libvirt right. */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>

#include "report/duration.h"

/* virsh has 17 columns for the label, 12 for the number, and then the unit. The bound is behind. */
static void print_row(FILE *out, const char *label, const struct quantity *quantity)
{
	char text[DURATION_TEXT];
	int64_t half_ns = (quantity->hi_ns - quantity->lo_ns + 1) / 2;

	if (!quantity->known) {
		fprintf(out, "%-25s unknown: %s\n", label, quantity->why_unknown);
		return;
	}
	duration_format(quantity, text, sizeof(text));
	fprintf(out, "%-17s %-12" PRId64 " ms%s%s%s\n", label,
		(quantity->est_ns + 500000) / 1000000, half_ns ? "   (" : "", half_ns ? text : "",
		half_ns ? ")" : "   (exact)");
}

int report_virsh(FILE *out, const struct report *report)
{
	const struct figures *f = &report->account->figures;

	fprintf(out, "%-17s %-12s\n",
		"Job type:", report->account->outcome == OUTCOME_COMPLETED ? "Completed" : "None");
	print_row(out, "Time elapsed:", &f->elapsed);
	print_row(out, "Time elapsed w/o network:", &f->elapsed_net);
	print_row(out, "Total downtime:", &f->downtime);
	print_row(out, "Downtime w/o network:", &f->downtime_net);
	return ferror(out) ? -EIO : 0;
}
