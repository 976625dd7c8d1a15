/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What binds the clocks' offset: for people who want to know why the bound is what it is. */
#include <inttypes.h>

#include "report/report.h"

static double ms(int64_t ns)
{
	return (double)ns / 1e6;
}

/* When it was on the source, relative to the hand-over, and what it says of the offset alone. */
static void print_message(FILE *out, const struct clocks *clocks,
			  const struct clock_message *message)
{
	bool is_forward = message->direction == CLOCK_FORWARD;

	fprintf(out, "      %-6s %-28s %s  %+12.3f ms from the hand-over\n", message->source,
		message->what, is_forward ? "source > destination" : "source < destination",
		ms(message->at_src.v - clocks->at_src_ns));
}

static void print_evidence(FILE *out, const struct clocks *clocks, const char *what,
			   const struct evidence *evidence)
{
	fprintf(out, "    %s%s\n", what,
		evidence->needs_rate ? ", with the limit on the rates" : "");
	for (size_t i = 0; i < evidence->count; i++)
		print_message(out, clocks, &evidence->message[i]);
}

void print_clocks(FILE *out, const struct clocks *clocks)
{
	fprintf(out, "\n  Clocks: %zu messages crossed between the hosts\n", clocks->messages);
	if (clocks->verdict == CLOCK_INCONSISTENT) {
		fprintf(out, "    They contradict each other: %s\n", clocks->contradicts);
		print_evidence(out, clocks, "these cannot all be true", &clocks->contradiction);
	} else if (clocks->verdict == CLOCK_UNBOUNDED) {
		fprintf(out, "    The offset has no bounds: %s\n", clocks->offset.why_unknown);
	} else {
		print_evidence(out, clocks, "the offset cannot be less", &clocks->lower);
		print_evidence(out, clocks, "the offset cannot be more", &clocks->upper);
		fprintf(out, "    drift: %+.3f to %+.3f ppm\n", (double)clocks->drift_lo_ppb / 1e3,
			(double)clocks->drift_hi_ppb / 1e3);
	}
	fprintf(out,
		"    taken as limits: rates of the raw clocks %.0f ppm apart, changing by %.0f "
		"ppm\n",
		(double)clocks->rate_ppb / 1e3, (double)clocks->wander_ppb / 1e3);
}
