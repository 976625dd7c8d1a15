/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest's standstill went: parts without a gap between them. */
#include "core/standstill/breakdown.h"

#include <assert.h>

#include "core/standstill/across.h"
#include "core/standstill/awaited.h"
#include "core/standstill/handover.h"
#include "core/standstill/marks.h"

/* A side's span, and which of it is downtime and which is blackout. */
struct side_span {
	const struct side *side;
	int64_t from_ns, to_ns;
	struct instant downtime, blackout; /* begin on the source, end on the destination */
	struct spans *spans;		   /* of its threads */
	const struct awaited *awaited;	   /* of the source: what it may wait for; or NULL */
};

/* Both the side's and its QEMU's events, in order of time. */
struct merge {
	const struct side *side;
	struct qemu qemu;
	const struct mt_event *next;
	size_t i;
};

static const struct mt_event *merge_next(struct merge *merge)
{
	const struct mt_event *libvirts =
		merge->i < merge->side->count ? merge->side->events[merge->i] : NULL;
	const struct mt_event *qemus = merge->next;

	assert(merge->i <= merge->side->count);
	if (libvirts && (!qemus || libvirts->ktime_ns <= qemus->ktime_ns)) {
		merge->i++;
		return libvirts;
	}
	if (qemus)
		merge->next = qemu_next(&merge->qemu, qemus);
	return qemus;
}

static struct merge merge_begin(const struct side *side)
{
	struct merge merge = {.side = side, .qemu = qemu_of(side)};

	merge.next = qemu_next(&merge.qemu, NULL);
	return merge;
}

/* What finds no room goes to the last part, so that the sums stay right. */
static void part_add(struct breakdown *breakdown, const struct part *part)
{
	struct part *last = &breakdown->part[PARTS_MAX - 1];

	if (breakdown->count < PARTS_MAX) {
		breakdown->part[breakdown->count++] = *part;
		return;
	}
	assert(breakdown->count == PARTS_MAX && last->duration.known && part->duration.known);
	last->name = "and more";
	last->detail = NULL;
	last->duration.est_ns += part->duration.est_ns;
	last->duration.lo_ns += part->duration.lo_ns;
	last->duration.hi_ns += part->duration.hi_ns;
	last->work = work_unknown(part->work.is_recorded, "it is several parts");
}

static bool is_within(const struct side_span *span, const struct instant *limit, int64_t from_ns,
		      int64_t to_ns)
{
	if (!limit->known)
		return false;
	return span->side->role == ROLE_SOURCE ? from_ns >= limit->ns : to_ns <= limit->ns;
}

static void piece_add(const struct side_span *span, const struct activity *activity,
		      const struct stretch *stretch, struct breakdown *breakdown)
{
	int64_t from_ns = stretch->from_ns, to_ns = stretch->to_ns;
	const struct work own = work_in(span->spans, stretch);
	const struct part part = {
		.name = activity->name,
		.detail = activity->detail,
		.place = span->side->role == ROLE_SOURCE ? PLACE_SOURCE : PLACE_DESTINATION,
		.duration = quantity_exact(to_ns - from_ns, "one clock"),
		.is_downtime = is_within(span, &span->downtime, from_ns, to_ns),
		.is_blackout = is_within(span, &span->blackout, from_ns, to_ns),
		.work = awaited_work(span->awaited, activity->name, stretch, &own),
	};

	assert(from_ns <= to_ns);
	if (to_ns > from_ns)
		part_add(breakdown, &part);
}

/* A part that is downtime or blackout from some instant on, or until then, is two. */
static void pieces_add(const struct side_span *span, const struct activity *activity,
		       const struct stretch *stretch, struct breakdown *breakdown)
{
	const struct instant *cuts[] = {&span->downtime, &span->blackout};
	struct stretch first = *stretch, rest = *stretch;

	for (size_t i = 0; i < 2; i++)
		if (cuts[i]->known && cuts[i]->ns > first.from_ns && cuts[i]->ns < first.to_ns)
			first.to_ns = cuts[i]->ns;
	assert(first.from_ns <= first.to_ns && first.to_ns <= rest.to_ns);
	piece_add(span, activity, &first, breakdown);
	rest.from_ns = first.to_ns;
	if (rest.from_ns < rest.to_ns)
		pieces_add(span, activity, &rest, breakdown);
}

static bool is_same(const struct activity *activity, const struct activity *other)
{
	return activity->name == other->name && activity->detail == other->detail &&
	       activity->turn == other->turn;
}

/* What went on when the span began, since QEMU said that the guest had stopped. */
static struct activity doing_at(const struct side_span *span)
{
	struct merge merge = merge_begin(span->side);
	const struct activity first = activity_first(span->side->role, merge.qemu.pid);
	struct activity activity = first, ended;
	const struct mt_event *event;
	bool is_stopped = false;

	while ((event = merge_next(&merge)) && (int64_t)event->ktime_ns < span->from_ns) {
		if (span->side->role == ROLE_SOURCE && event_is_run_state(event, false)) {
			is_stopped = true;
			activity = first;
		}
		if (is_stopped)
			activity_next(span->side->role, event, &activity, &ended);
	}
	return activity;
}

/* Its last part ends with what its end was seen by. */
static void span_end(const struct side_span *span, const struct activity *activity, int64_t at_ns,
		     const struct mt_event *event, struct breakdown *breakdown)
{
	bool is_end = event && (int64_t)event->ktime_ns == span->to_ns;

	pieces_add(span, activity, &(struct stretch){at_ns, span->to_ns, is_end ? event : NULL},
		   breakdown);
}

static void span_part(const struct side_span *span, struct breakdown *breakdown)
{
	struct merge merge = merge_begin(span->side);
	struct activity activity = doing_at(span), ended;
	int64_t at_ns = span->from_ns;
	const struct mt_event *event;

	while ((event = merge_next(&merge)) && (int64_t)event->ktime_ns < span->to_ns) {
		int64_t ns = (int64_t)event->ktime_ns;

		if (ns < span->from_ns ||
		    !activity_next(span->side->role, event, &activity, &ended) ||
		    is_same(&activity, &ended))
			continue;
		pieces_add(span, &ended, &(struct stretch){at_ns, ns, event}, breakdown);
		at_ns = ns;
	}
	span_end(span, &activity, at_ns, event, breakdown);
}

static int64_t earliest(int64_t ns, const struct instant *other)
{
	return other->known && other->ns < ns ? other->ns : ns;
}

static int64_t latest(int64_t ns, const struct instant *other)
{
	return other->known && other->ns > ns ? other->ns : ns;
}

/* When it began within that time is not known, nor what went on then. */
static void late_add(const struct instant *stopped, struct breakdown *breakdown)
{
	const struct part part = {
		.name = "unattributed",
		.place = PLACE_SOURCE,
		.duration = quantity_between(0, stopped->late_ns, "one clock"),
		.is_downtime = true,
	};

	if (stopped->late_ns)
		part_add(breakdown, &part);
}

static void source_part(struct spans *spans, const struct awaited *awaited,
			const struct instant *stop, struct breakdown *breakdown)
{
	const struct side *source = spans->side;
	const struct instant stopped = {true,
					source->src.stopped.at.v + source->src.stopped.late_ns, 0};
	const struct side_span span = {
		.side = source,
		.from_ns = earliest(stopped.ns, stop),
		.to_ns = source->src.sent.at.v,
		.downtime = stopped,
		.blackout = *stop,
		.spans = spans,
		.awaited = awaited,
	};

	assert(source->role == ROLE_SOURCE);
	late_add(&source->src.stopped.i, breakdown);
	span_part(&span, breakdown);
}

static void destination_part(struct spans *spans, const struct instant *start,
			     struct breakdown *breakdown)
{
	const struct side *destination = spans->side;
	const struct side_span span = {
		.side = destination,
		.from_ns = destination->dst.received.at.v,
		.to_ns = latest(destination->dst.done.at.v, start),
		.downtime = destination->dst.done.i,
		.blackout = *start,
		.spans = spans,
	};

	assert(destination->role == ROLE_DESTINATION);
	span_part(&span, breakdown);
}

static bool side_knows(const struct side *side)
{
	const struct instant *from =
		side->role == ROLE_SOURCE ? &side->src.stopped.i : &side->dst.received.i;
	const struct instant *to =
		side->role == ROLE_SOURCE ? &side->src.sent.i : &side->dst.done.i;

	return !side->has_uuid_conflict && from->known && to->known &&
	       !recording_hole(side->recording, side_uuid(side), from->ns,
			       side->settled.known ? side->settled.ns : to->ns);
}

/* Returns what its threads did, which is written to *spans; NULL where something of it is lacking.
 */
static struct spans *spans_of(const struct side *side, struct spans *spans)
{
	if (!side || !side_knows(side))
		return NULL;
	spans_find(side, spans);
	return spans;
}

static void transfer_part(const struct handover *handover, struct breakdown *breakdown)
{
	struct part parts[HANDOVER_PARTS];
	size_t count = handover_find(handover, parts);

	assert(count <= HANDOVER_PARTS);
	for (size_t i = 0; i < count; i++)
		part_add(breakdown, &parts[i]);
}

/* Of a guest whose standstill began and ended otherwise than around the hand-over nothing fits. */
static bool is_around(const struct migration *migration, const struct blackout *blackout)
{
	const struct side *source = migration->source, *destination = migration->destination;

	return !blackout->is_started_on_source && !blackout->stop.late_ns &&
	       !blackout->start.late_ns &&
	       (!source || !blackout->stop.known || blackout->stop.at.v <= source->src.sent.at.v) &&
	       (!destination || !blackout->start.known ||
		blackout->start.ns >= destination->dst.received.at.v);
}

/* Where there is something of one part, it is said of each other why there is nothing. */
static void works_fill(struct breakdown *breakdown)
{
	bool is_recorded = false;

	assert(breakdown->count <= PARTS_MAX);
	for (size_t i = 0; i < breakdown->count; i++)
		is_recorded |= breakdown->part[i].work.is_recorded;
	for (size_t i = 0; is_recorded && i < breakdown->count; i++) {
		struct part *part = &breakdown->part[i];

		if (!part->work.is_recorded)
			part->work = work_unknown(true, part->work.on_cpu.why_unknown
								? part->work.on_cpu.why_unknown
								: "was not recorded");
	}
}

void breakdown_find(const struct migration *migration, const struct quantity *transfer,
		    const struct blackout *blackout, struct breakdown *breakdown)
{
	const struct instant none = {0};
	bool fits = is_around(migration, blackout);
	struct spans source, destination;
	const struct handover handover = {
		.migration = migration,
		.transfer = transfer,
		.is_blackout = fits,
		.spans = {[ROLE_SOURCE] = spans_of(migration->source, &source),
			  [ROLE_DESTINATION] = spans_of(migration->destination, &destination)},
	};
	const struct awaited awaited = {migration, transfer, handover.spans[ROLE_DESTINATION]};

	if (handover.spans[ROLE_SOURCE])
		source_part(&source, &awaited, fits ? &blackout->stop.i : &none, breakdown);
	if (transfer->known)
		transfer_part(&handover, breakdown);
	if (handover.spans[ROLE_DESTINATION])
		destination_part(&destination, fits ? &blackout->start : &none, breakdown);
	works_fill(breakdown);
}

static bool is_longer(const struct part *part, size_t index, const struct part *than, size_t other)
{
	return part->is_downtime &&
	       (part->duration.est_ns > than->duration.est_ns ||
		(part->duration.est_ns == than->duration.est_ns && index < other));
}

const struct part *breakdown_longest(const struct breakdown *breakdown, size_t rank)
{
	for (size_t i = 0; i < breakdown->count; i++) {
		const struct part *part = &breakdown->part[i];
		size_t longer = 0;

		for (size_t j = 0; j < breakdown->count; j++)
			longer += is_longer(&breakdown->part[j], j, part, i);
		if (part->is_downtime && longer == rank)
			return part;
	}
	return NULL;
}
