/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's wall-clock stamps of one migration, and how far each is from the measured instant. */
#include "core/verdict/stamps.h"

#include <assert.h>

#define MS 1000000
/* Between two of the recorder's clock snapshots (0.1 s) a wall clock may be slewed that much. */
#define SLEW_NS 200000
static_assert(SLEW_NS < ROUNDING_NS, "a slew is no step");

static struct quantity stamp_error(const struct side *side, const struct instant *at,
				   const struct opt_i64 *stamp)
{
	int64_t error_ns;

	if (!at->known || !stamp->known || !stamp->v || !side->recording->snapshot_count)
		return quantity_unknown("not recorded");
	error_ns = stamp->v * MS - recording_real_ns(side->recording, at->ns);
	return quantity_between(error_ns - at->late_ns - SLEW_NS, error_ns + MS + SLEW_NS,
				"the recorder's clock snapshots");
}

/* Returns 0 where it is not known, or within the rounding. */
static int64_t step_ns(const struct side *source, const struct instant *at,
		       const struct opt_i64 *stamp, const struct opt_i64 *sent)
{
	int64_t ns;

	if (!at->known || at->late_ns || !source->src.sent.known || !sent->known || !stamp->known ||
	    !stamp->v)
		return 0;
	ns = (sent->v - stamp->v) * MS - (source->src.sent.at.v - at->ns);
	return ns <= ROUNDING_NS && ns >= -ROUNDING_NS ? 0 : ns;
}

static struct quantity offset_in_delta(const struct opt_i64 *delta, const struct quantity *transfer)
{
	int64_t delta_ns = delta->v * MS;

	if (!delta->known || !transfer->known)
		return quantity_unknown("libvirt's delta was not recorded");
	return quantity_between(delta_ns - MS - transfer->hi_ns, delta_ns + MS - transfer->lo_ns,
				"libvirt's delta, less the transfer");
}

/* When the guest was handed over. */
static struct quantity recorder_offset(const struct migration *migration,
				       const struct quantity *transfer)
{
	const struct side *source = migration->source, *destination = migration->destination;
	int64_t apart_ns;

	if (!transfer->known || !source->recording->snapshot_count ||
	    !destination->recording->snapshot_count)
		return quantity_unknown("not recorded");
	apart_ns = recording_real_ns(destination->recording, destination->dst.received.at.v) -
		   recording_real_ns(source->recording, source->src.sent.at.v);
	return quantity_between(apart_ns - transfer->hi_ns - SLEW_NS,
				apart_ns - transfer->lo_ns + SLEW_NS,
				"the recorders' clock snapshots");
}

/*
 * The destination's thread may lose its CPU between the entry of Finish and its stamp. Then it is
 * not the recorders' wall clocks that differ so, and what is too much had passed by the first
 * command.
 */
static int64_t received_late_ns(const struct side *destination, const struct libvirt_stamps *stamps)
{
	const struct quantity *delta = &stamps->offset_in_delta, *hosts = &stamps->recorder_offset;
	const struct mt_event *next;

	if (!delta->known || !hosts->known)
		return 0;
	next = side_first(destination, MT_MONITOR_SEND, MT_ENTER, destination->dst.received.at.v);
	assert(!next || (int64_t)next->ktime_ns >= destination->dst.received.at.v);
	if (!next || delta->lo_ns <= hosts->hi_ns ||
	    delta->lo_ns - hosts->hi_ns > (int64_t)next->ktime_ns - destination->dst.received.at.v)
		return 0;
	return delta->est_ns - hosts->est_ns;
}

struct libvirt_stamps libvirt_stamps_of(const struct migration *migration,
					const struct figures *figures)
{
	const struct side *source = migration->source, *destination = migration->destination;
	struct statistics sent = statistics_sent(source),
			  answered = statistics_answered(destination);
	struct opt_i64 received = {answered.delta.known && answered.sent.known,
				   answered.sent.v + answered.delta.v};
	struct libvirt_stamps stamps = {
		.delta = answered.delta,
		.offset_in_delta = offset_in_delta(&answered.delta, &figures->transfer),
		.recorder_offset = recorder_offset(migration, &figures->transfer),
		.start_error = stamp_error(source, &source->src.start.i, &sent.started),
		.stop_error = stamp_error(source, &source->src.stopped.i, &sent.stopped),
		.sent_error = stamp_error(source, &source->src.sent.i, &sent.sent),
		.received_error = stamp_error(destination, &destination->dst.received.i, &received),
		.start_step_ns = step_ns(source, &source->src.start.i, &sent.started, &sent.sent),
		.stop_step_ns = step_ns(source, &source->src.stopped.i, &sent.stopped, &sent.sent),
		.has_no_stop = sent.stopped.known && !sent.stopped.v && source->src.stopped.known,
		.was_future = sent.stopped.known && sent.stopped.v && answered.stopped.known &&
			      !answered.stopped.v,
	};

	assert(source->role == ROLE_SOURCE && destination->role == ROLE_DESTINATION);
	stamps.received_late_ns = received_late_ns(destination, &stamps);
	return stamps;
}

/* It stamps before it formats the next cookie. */
int64_t done_late_ns(const struct side *destination)
{
	const struct mt_event *next =
		side_first(destination, MT_COOKIE_FORMAT, MT_ENTER, destination->dst.done.at.v);

	assert(!next || (int64_t)next->ktime_ns >= destination->dst.done.at.v);
	return next ? (int64_t)next->ktime_ns - destination->dst.done.at.v : 0;
}

void stamp_errors_set(const struct libvirt_stamps *stamps, int64_t offset_ns,
		      int64_t error_ns[STAMPS])
{
	error_ns[STAMP_NONE] = error_ns[STAMP_SENT] = error_ns[STAMP_COMPLETED] = 0;
	error_ns[STAMP_STARTED] = -stamps->start_step_ns;
	error_ns[STAMP_STOPPED] = -stamps->stop_step_ns;
	error_ns[STAMP_RECEIVED] = offset_ns;
	error_ns[STAMP_DONE] = offset_ns - stamps->received_late_ns;
}
