/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One axis of time for both hosts: the source's clock, with the destination's put on it. */
#include "core/axis.h"

#include "core/across.h"

#define SECOND INT64_C(1000000000)

/* The transfer is not given where the guest was not moved, but the offset may be known. */
static struct quantity transfer_of(const struct migration *migration, const struct figures *figures)
{
	const struct quantity *offset = &figures->clocks.offset;
	int64_t ns;

	if (figures->transfer.known)
		return figures->transfer;
	ns = migration->destination->received.ns - migration->source->sent.ns;
	return quantity_between(ns - offset->hi_ns, ns - offset->lo_ns, offset->how);
}

struct axis axis_find(const struct migration *migration, const struct figures *figures)
{
	const struct half *source = migration->source, *destination = migration->destination;
	struct axis axis = {.migration = migration};
	struct quantity after;

	if (!source || !destination || !source->sent.known || !destination->received.known ||
	    !figures->clocks.offset.known)
		return axis;
	axis.is_common = true;
	axis.transfer = transfer_of(migration, figures);
	after = across(migration, &axis.transfer, source->sent.ns,
		       destination->received.ns + SECOND);
	axis.second_error_ns = after.hi_ns - axis.transfer.hi_ns - SECOND;
	return axis;
}

/* As core/across.h has it, without a look at all snapshots for each instant. */
struct axis_at axis_of(const struct axis *axis, enum side side, int64_t clock_ns)
{
	const struct quantity *transfer = &axis->transfer;
	int64_t up, down, after_ns;
	__int128 away;

	if (!axis->is_common || side == SIDE_SOURCE)
		return (struct axis_at){clock_ns, 0};
	after_ns = clock_ns - axis->migration->destination->received.ns;
	away = after_ns < 0 ? -after_ns : after_ns;
	up = transfer->hi_ns - transfer->est_ns;
	down = transfer->est_ns - transfer->lo_ns;
	return (struct axis_at){
		axis->migration->source->sent.ns + transfer->est_ns + after_ns,
		(up > down ? up : down) +
			(int64_t)((away * axis->second_error_ns + SECOND - 1) / SECOND),
	};
}
