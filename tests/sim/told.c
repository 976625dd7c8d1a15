/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How simulated recordings are read, and whether the truth is inside what is told of them. */
#include "told.h"

#include <stdlib.h>
#include <string.h>

#include "record/read.h"

#define ROUNDING_NS 3 /* each stamp is cut to whole ns */

struct recording *recording_told(struct correlator *correlator, char *text, size_t size)
{
	struct recording *recording = correlator_add(correlator, "simulated");
	struct reader *reader = recording ? reader_open(recording) : NULL;
	char *end;

	if (!reader)
		abort();
	for (char *at = text; (end = memchr(at, '\n', size - (size_t)(at - text))); at = end + 1)
		if (reader_line(reader, at, (size_t)(end - at)))
			abort();
	reader_close(reader);
	free(text);
	return recording;
}

static bool contains(const struct quantity *quantity, int64_t truth_ns)
{
	return !quantity->known || (quantity->lo_ns - ROUNDING_NS <= truth_ns &&
				    truth_ns <= quantity->hi_ns + ROUNDING_NS);
}

int64_t mono_span(const struct host_clocks *clocks, int64_t from_ns, int64_t to_ns)
{
	return clocks_mono(clocks, to_ns) - clocks_mono(clocks, from_ns);
}

int64_t true_offset(const struct clock_pair *pair, const struct truth *truth)
{
	return clocks_mono(pair->destination, truth->received) -
	       clocks_mono(pair->source, truth->received);
}

int64_t true_transfer(const struct clock_pair *pair, const struct truth *truth)
{
	return clocks_raw(pair->source, truth->received) - clocks_raw(pair->source, truth->sent);
}

/* By either way to tell how long it was; see core/standstill/across.h. */
static bool whole_holds(const struct clock_pair *pair, const struct truth *truth,
			const struct quantity *whole, int64_t from_ns)
{
	return contains(whole,
			mono_span(pair->source, from_ns, truth->sent) + true_transfer(pair, truth) +
				mono_span(pair->destination, truth->received, truth->done)) &&
	       contains(whole, mono_span(pair->source, from_ns, truth->done));
}

bool offset_holds(const struct clock_pair *pair, const struct truth *truth,
		  const struct figures *figures)
{
	return contains(&figures->clocks.offset, true_offset(pair, truth));
}

bool spans_hold(const struct clock_pair *pair, const struct truth *truth,
		const struct figures *figures)
{
	return contains(&figures->transfer, true_transfer(pair, truth)) &&
	       whole_holds(pair, truth, &figures->downtime, truth->stopped) &&
	       whole_holds(pair, truth, &figures->elapsed, truth->start);
}
