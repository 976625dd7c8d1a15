/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One axis of time for both hosts: the source's clock, with the destination's put on it. */
#include "core/picture/axis.h"

#include "core/standstill/across.h"

/* The transfer is not given where the guest was not moved, but the offset may be known. */
static struct quantity transfer_of(const struct migration *migration, const struct figures *figures)
{
	const struct quantity *offset = &figures->clocks.offset;
	int64_t ns;

	if (figures->clocks.transfer.known)
		return figures->clocks.transfer;
	ns = migration->destination->received.ns - migration->source->sent.ns;
	return quantity_between(ns - offset->hi_ns, ns - offset->lo_ns, offset->how);
}

struct axis axis_find(const struct migration *migration, const struct figures *figures)
{
	const struct side *source = migration->source, *destination = migration->destination;
	struct axis axis = {.migration = migration, .clocks = figures->clocks};

	axis.is_common = source && destination && source->sent.known &&
			 destination->received.known && figures->clocks.offset.known;
	if (axis.is_common)
		axis.clocks.transfer = transfer_of(migration, figures);
	return axis;
}

struct axis_at axis_of(const struct axis *axis, enum role role, int64_t clock_ns)
{
	struct quantity since;
	int64_t sent_ns, up, down;

	if (!axis->is_common || role == ROLE_SOURCE)
		return (struct axis_at){clock_ns, 0};
	sent_ns = axis->migration->source->sent.ns;
	since = across(axis->migration, &axis->clocks, sent_ns, clock_ns);
	up = since.hi_ns - since.est_ns;
	down = since.est_ns - since.lo_ns;
	return (struct axis_at){sent_ns + since.est_ns, up > down ? up : down};
}
