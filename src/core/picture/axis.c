/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One axis of time for both hosts: the source's clock, with the destination's put on it. */
#include "core/picture/axis.h"

#include <assert.h>

#include "core/standstill/across.h"

/* The transfer is not given where the guest was not moved, but the offset may be known. */
static struct quantity transfer_of(const struct migration *migration, const struct figures *figures)
{
	if (figures->clocks.transfer.known)
		return figures->clocks.transfer;
	assert(figures->clocks.offset.known);
	return transfer_by(migration->source->src.sent.at, migration->destination->dst.received.at,
			   &figures->clocks.offset);
}

struct axis axis_find(const struct migration *migration, const struct figures *figures)
{
	const struct side *source = migration->source, *destination = migration->destination;
	struct axis axis = {.migration = migration, .clocks = figures->clocks};

	axis.is_common = source && destination && source->src.sent.known &&
			 destination->dst.received.known && figures->clocks.offset.known;
	if (axis.is_common)
		axis.clocks.transfer = transfer_of(migration, figures);
	return axis;
}

struct axis_at axis_of(const struct axis *axis, enum role role, int64_t clock_ns)
{
	struct quantity since;
	struct src_ns sent;
	int64_t up, down;

	if (!axis->is_common || role == ROLE_SOURCE)
		return (struct axis_at){clock_ns, 0};
	assert(role == ROLE_DESTINATION && axis->migration->source);
	sent = axis->migration->source->src.sent.at;
	since = across(axis->migration, &axis->clocks, sent, (struct dst_ns){clock_ns});
	up = since.hi_ns - since.est_ns;
	down = since.est_ns - since.lo_ns;
	return (struct axis_at){sent.v + since.est_ns, up > down ? up : down};
}
