/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What binds the clocks' offset: for people who want to know why the bound is what it is. */
#include <inttypes.h>

#include "report/report.h"

static double ms(int64_t ns)
{
	return (double)ns / 1e6;
}

/* When it was on the source, relative to the hand-over. */
static void print_message(FILE *out, const struct clocks *clocks,
			  const struct clock_message *message)
{
	bool is_forward = message->direction == CLOCK_FORWARD;

	fprintf(out, "      %-8s %-26s %s the source at %+.3f ms\n", message->source, message->what,
		is_forward ? "from" : "to  ", ms(message->at_src.v - clocks->at_src_ns));
}

static void print_evidence(FILE *out, const struct clocks *clocks, const char *what,
			   const struct evidence *evidence)
{
	fprintf(out, "    %s%s\n", what,
		evidence->needs_rate ? ", with the limit on the rates" : "");
	for (size_t i = 0; i < evidence->count; i++)
		print_message(out, clocks, &evidence->message[i]);
}

/* Without them nothing was proven, so that there is nothing to tell. */
static void print_limits(FILE *out, const struct clocks *clocks)
{
	if (clocks->messages && !clocks->are_one)
		fprintf(out,
			"    as long as the raw clocks' rates are within %.0f ppm, and change by "
			"%.0f ppm\n",
			(double)clocks->rate_ppb / 1e3, (double)clocks->wander_ppb / 1e3);
}

void print_clocks(FILE *out, const struct clocks *clocks)
{
	fprintf(out, "\n  Clocks: %zu messages crossed; times are from the hand-over on\n",
		clocks->messages);
	if (clocks->verdict == CLOCK_INCONSISTENT) {
		fprintf(out, "    they contradict each other: %s\n", clocks->contradicts);
		print_evidence(out, clocks, "these cannot all be true", &clocks->contradiction);
	} else if (clocks->verdict == CLOCK_UNBOUNDED) {
		fprintf(out, "    the offset has no bounds: %s\n", clocks->offset.why_unknown);
	} else if (clocks->are_one) {
		fprintf(out, "    both sides' stamps are of one clock: nothing has to be bound\n");
	} else {
		print_evidence(out, clocks, "the offset cannot be less", &clocks->lower);
		print_evidence(out, clocks, "the offset cannot be more", &clocks->upper);
		fprintf(out, "    drift: %+.3f to %+.3f ppm\n", (double)clocks->drift_lo_ppb / 1e3,
			(double)clocks->drift_hi_ppb / 1e3);
	}
	print_limits(out, clocks);
}
