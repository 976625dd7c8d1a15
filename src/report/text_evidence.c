/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sure a report is, as text: of its own figures, and of libvirt's. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "report/words.h"

static void print_sources(FILE *out, const struct clocks *clocks)
{
	const char *names[CLOCK_SOURCES];
	size_t count = clock_sources(clocks, names);

	if (clocks->are_one) {
		fprintf(out, "  Both sides were seen by one clock: figures without ± are exact.\n");
		return;
	}
	fprintf(out, "  ± is proven, by messages that crossed between the hosts (");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? ", " : "", names[i]);
	fprintf(out, ").\n  Figures without ± compare no clocks: they are exact.\n");
}

void print_remarks(FILE *out, const struct figures *f)
{
	const struct quantity *all[] = {&f->downtime_net, &f->clocks.offset, &f->elapsed_net};
	const char *said = f->downtime.known ? NULL : f->downtime.why_unknown;
	const char *before = "\n"; /* the first remark */

	if (f->clocks.offset.known) {
		fprintf(out, "%s", before);
		before = "";
		print_sources(out, &f->clocks);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->known || (said && !strcmp(said, all[i]->why_unknown)))
			continue;
		said = all[i]->why_unknown;
		fprintf(out, "%s  Unknown: %s.\n", before, said);
		before = "";
	}
	if (f->lost_events)
		fprintf(out, "%s  %" PRIu64 " events were lost.\n", before, f->lost_events);
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

static bool is_skew_told(const struct verdicts *verdicts)
{
	bool is_some = verdicts->has_skew && verdicts->skew_ns / 1000000;

	for (size_t i = 0; is_some && i < verdicts->count; i++)
		if (verdicts->verdict[i].kind == VERDICT_SKEWED)
			return true;
	return false;
}

/* Only what is not right has a line of its own. */
void print_verdicts(FILE *out, const struct verdicts *verdicts)
{
	size_t agree = 0;

	for (size_t i = 0; i < verdicts->count; i++)
		agree += verdicts->verdict[i].kind == VERDICT_AGREES;
	if (!verdicts->count)
		return;
	fprintf(out, "\n  Is libvirt right? %zu of its %zu numbers agree, within its rounding.\n",
		agree, verdicts->count);
	if (is_skew_told(verdicts))
		fprintf(out, "  They show the destination's wall clock %+" PRId64 " ms off.\n",
			verdicts->skew_ns / 1000000);
	for (size_t i = 0; i < verdicts->count; i++)
		if (verdicts->verdict[i].kind != VERDICT_AGREES)
			fprintf(out, "    %-12s%-17s%s\n", role_name(verdicts->verdict[i].role),
				reported_name(verdicts->verdict[i].field),
				verdicts->verdict[i].explanation);
}
