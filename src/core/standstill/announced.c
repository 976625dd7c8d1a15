/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the network learned where the guest is: no part of its downtime. */
#include "core/standstill/announced.h"

#include <assert.h>

#include "core/side/qemu.h"
#include "core/match/place_left.h"

/* That there was none is known only if it would have been seen. */
static const char *why_no_frame(const struct side *destination)
{
	const char *hole = side_hole(destination);

	if (recording_misses(destination->recording, "qemu_send_packet_raw"))
		return "what would show it is not probed";
	return hole ? hole : "QEMU announced no address";
}

/* Of several frames the first one counts, which may be missing. */
static struct quantity since_start(int64_t ns, const char *hole)
{
	assert(ns > 0);
	return hole ? quantity_between(0, ns, "one clock; a frame before it may be missing")
		    : quantity_exact(ns, "one clock");
}

struct quantity announced_of(const struct migration *migration)
{
	const struct side *destination = migration->destination;
	const struct mt_event *running, *frame;
	struct qemu qemu;

	if (!destination)
		return quantity_unknown("the destination's side was not seen");
	if (!migration_has_moved(migration))
		return quantity_unknown("the guest was not moved");
	qemu = qemu_of(destination);
	running = qemu_runs_first(&qemu, true, 0, INT64_MAX);
	frame = qemu_step(&qemu, MT_STEP_FRAME_SENT, 0);
	if (!running)
		return quantity_unknown("QEMU itself is not probed");
	if (!frame)
		return quantity_unknown(why_no_frame(destination));
	if (frame->ktime_ns <= running->ktime_ns)
		return quantity_exact(0, "kept until the guest ran");
	return since_start((int64_t)(frame->ktime_ns - running->ktime_ns), side_hole(destination));
}
