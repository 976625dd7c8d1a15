/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sure a report is, as text: of its own figures, and of libvirt's. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "report/answer.h"
#include "report/duration.h"
#include "report/words.h"

/* The columns of a line are few: the sources stand on the second. */
static void print_sources(FILE *out, const char **label, const struct clocks *clocks)
{
	const char *names[CLOCK_SOURCES];
	size_t count = clock_sources(clocks, names), len = 0;
	char text[64];

	if (clocks->are_one) {
		print_line(out, label, "exact where no ± stands: one clock saw both sides");
		return;
	}
	for (size_t i = 0; i < count && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
					names[i]);
	print_line(out, label, "± is a proven bound, from messages between the hosts");
	print_line(out, label, "(%s); figures without ± are exact", text);
}

#define GAP_TEXT 192

/* When its recorder, or all of them, did not see what happened. */
static void print_gaps(FILE *out, const char **label, const struct account_side *side)
{
	const struct quantity span = quantity_exact(side->gap.to_ns - side->gap.from_ns, "");
	char text[GAP_TEXT], duration[DURATION_TEXT], when[REAL_TIME_TEXT];
	int len;

	if (!side->gap_count)
		return;
	duration_format(&span, duration, sizeof(duration));
	real_time_format(side_real_ns(side->side, side->gap.from_ns), when);
	len = snprintf(text, sizeof(text), "%s: %s, %s from %s on", role_name(side->side->role),
		       side->gap.why, duration, when);
	if (side->gap_count > 1)
		snprintf(text + len, sizeof(text) - (size_t)len, ", and %zu more",
			 side->gap_count - 1);
	print_long(out, label, text);
}

void print_certainty(FILE *out, const struct account *account)
{
	const struct figures *f = &account->figures;
	const struct quantity *all[] = {&f->downtime_net, &f->clocks.offset, &f->elapsed_net};
	const char *printed = f->downtime.known ? NULL : f->downtime.why_unknown;
	const char *label = "certainty";

	if (f->clocks.offset.known)
		print_sources(out, &label, &f->clocks);
	else if (f->downtime.known)
		print_line(out, &label, "exact: the source's clock alone measured it");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->known || (printed && !strcmp(printed, all[i]->why_unknown)))
			continue;
		printed = all[i]->why_unknown;
		print_line(out, &label, "unknown figures: %s", printed);
	}
	for (size_t i = 0; i < 2; i++)
		print_gaps(out, &label, &account->side[i]);
	if (f->lost_events)
		print_line(out, &label, "%" PRIu64 " events were lost", f->lost_events);
}

void print_disbelief(FILE *out, const struct account *account)
{
	for (size_t i = 0; i < 2; i++) {
		const struct account_side *side = &account->side[i];
		const char *name = role_name((enum role)i);

		if (side->impostor)
			fprintf(out,
				"\n  Not believed: QEMU %" PRIu32 " on the %s says it is this "
				"guest,\n  but its command line has another UUID.\n",
				side->impostor, name);
		if (side->not_own)
			fprintf(out, "\n  libvirt's numbers on the %s are not shown:\n  %s.\n",
				name, side->not_own);
	}
}

void print_differences(FILE *out, const struct verdicts *verdicts)
{
	const char *title = "\n  Where libvirt's numbers differ\n";

	for (size_t i = 0; i < verdicts->count; i++) {
		const struct verdict *verdict = &verdicts->verdict[i];

		if (verdict->kind == VERDICT_AGREES)
			continue;
		fprintf(out, "%s    %-12s%-17s%s\n", title, role_name(verdict->role),
			reported_name(verdict->field), verdict->explanation);
		title = "";
	}
}
