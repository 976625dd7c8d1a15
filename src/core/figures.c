/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long one migration took and its guest stood still: with bounds, or a reason why not. */
#include "core/figures.h"

#include "core/clocks.h"
#include "core/monitor.h"
#include "core/outcome.h"
#include "core/qmp.h"

static const char no_source[] = "the source's half was not seen";
static const char no_destination[] = "the destination's half was not seen";

static int64_t half_begin_ns(const struct half *half)
{
	return (int64_t)half->events[0]->ktime_ns;
}

static int64_t half_end_ns(const struct half *half)
{
	return (int64_t)half->events[half->count - 1]->ktime_ns;
}

static int64_t half_rate_ppb(const struct half *half)
{
	return recording_rate_ppb(half->recording, half_begin_ns(half), half_end_ns(half));
}

/* Clocks with rates 1 + a and 1 + b, |a| and |b| bounded, differ by at most (a + b) / (1 - b). */
static int64_t pair_rate_ppb(const struct half *source, const struct half *destination)
{
	const int64_t one = 1000000000;
	int64_t a = half_rate_ppb(source), b = half_rate_ppb(destination);
	int64_t slower = one - (a > b ? a : b);

	return ((a + b) * one + slower - 1) / slower;
}

static uint64_t half_lost(const struct half *half)
{
	return half ? recording_lost(half->recording, half_begin_ns(half), half_end_ns(half)) : 0;
}

/* Returns why the half's instants since that one may not be right, or NULL. */
static const char *hole_since(const struct half *half, int64_t from_ns)
{
	return recording_hole(half->recording, half_uuid(half), from_ns,
			      half->settled.known ? half->settled.ns : half_end_ns(half));
}

static const char *either(const char *one, const char *other)
{
	return one ? one : other;
}

/* Returns why there is no instant at which the guest, or its job, was done on the destination. */
static const char *why_not_done(const struct migration *migration)
{
	if (migration_left(migration) == LEFT_PAUSED)
		return "the guest was left paused on the destination";
	return either(half_hole(migration->destination),
		      "the guest's start on the destination was not seen");
}

/* Returns why the figure cannot be had that needs these instants of the halves, or NULL. */
static const char *why_not(const struct migration *migration, const struct instant *from,
			   const char *no_from)
{
	const struct half *source = migration->source, *destination = migration->destination;

	if (!source)
		return no_source;
	if (!destination)
		return no_destination;
	if (source->has_uuid_conflict || destination->has_uuid_conflict)
		return "two ways to tell which domain it is disagree";
	if (!source->sent.known)
		return either(half_hole(source), "the source's end of Run was not seen");
	if (!destination->received.known)
		return either(half_hole(destination), "the destination's Finish was not seen");
	if (from && migration_is_recovery(migration) == ANSWER_YES)
		return "the guest ran on the destination already";
	if (from && !from->known)
		return either(half_hole(source), no_from);
	if (from && !destination->done.known)
		return why_not_done(migration);
	return either(hole_since(source, from ? from->ns : source->sent.ns),
		      hole_since(destination, destination->received.ns));
}

/* (sent - from) on the source + (done - received) on the destination: no clock is compared. */
static struct quantity net_of(const struct migration *migration, const struct instant *from,
			      const char *no_from)
{
	const struct half *destination = migration->destination;
	const char *why = why_not(migration, from, no_from);

	if (why)
		return quantity_unknown(why);
	return quantity_exact(migration->source->sent.ns - from->ns + destination->done.ns -
				      destination->received.ns,
			      "two spans of one clock each");
}

/*
 * The whole is the net figure and the transfer. The destination's span is on its own clock, whose
 * rate may differ: that widens the whole a little.
 */
static struct quantity whole_of(const struct migration *migration, const struct quantity *net,
				const struct quantity *transfer)
{
	const struct half *destination = migration->destination;
	struct quantity whole;
	__int128 span;
	int64_t drift;

	if (!net->known)
		return *net;
	if (!transfer->known)
		return *transfer;
	span = destination->done.ns - destination->received.ns;
	drift = (int64_t)((span * pair_rate_ppb(migration->source, destination) + 999999999) /
			  1000000000);
	whole = quantity_between(net->lo_ns + transfer->lo_ns - drift,
				 net->hi_ns + transfer->hi_ns + drift, transfer->how);
	whole.est_ns = net->est_ns + transfer->est_ns;
	return whole;
}

static void part_add(struct figures *figures, enum place place, const char *name,
		     struct quantity duration)
{
	if (figures->part_count < PARTS_MAX)
		figures->parts[figures->part_count++] = (struct part){name, place, duration};
}

/* A known instant within one side's span, and the name of what went on until then. */
struct mark {
	const char *name;
	const struct mt_event *event;
};

/* Parts the span [from, to] of one host at the marks that were seen in it, in order. */
static void span_part(struct figures *figures, enum place place, int64_t from_ns, int64_t to_ns,
		      const struct mark *marks, size_t count, const char *rest)
{
	for (size_t i = 0; i < count; i++) {
		int64_t at_ns = marks[i].event ? (int64_t)marks[i].event->ktime_ns : -1;

		if (at_ns < from_ns || at_ns > to_ns)
			continue;
		part_add(figures, place, marks[i].name,
			 quantity_exact(at_ns - from_ns, "one clock"));
		from_ns = at_ns;
	}
	part_add(figures, place, rest, quantity_exact(to_ns - from_ns, "one clock"));
}

static const struct mt_event *command_first(const struct half *half, const char *command,
					    int64_t from_ns)
{
	uint16_t number = qmp_command_number(command);

	for (size_t i = 0; i < half->count; i++)
		if (half->events[i]->kind == MT_MONITOR_SEND &&
		    half->events[i]->command == number &&
		    (int64_t)half->events[i]->ktime_ns >= from_ns)
			return half->events[i];
	return NULL;
}

static const struct mt_event *status_first(const struct half *half, const char *status,
					   int64_t from_ns)
{
	for (size_t i = 0; i < half->count; i++)
		if ((int64_t)half->events[i]->ktime_ns >= from_ns &&
		    monitor_status_is(half->events[i], status))
			return half->events[i];
	return NULL;
}

static void parts_of_source(const struct half *source, struct figures *figures)
{
	const struct mark marks[] = {
		{"STOP until migrate-continue",
		 command_first(source, "migrate-continue", source->stopped.ns)},
		{"until QEMU took it up", status_first(source, "device", source->stopped.ns)},
		{"last pages and device state",
		 status_first(source, "completed", source->stopped.ns)},
	};

	span_part(figures, PLACE_SOURCE, source->stopped.ns, source->sent.ns, marks, 3,
		  "libvirt noticed and ended Run");
}

static void parts_of_destination(const struct half *destination, struct figures *figures)
{
	const struct mark mark = {"Finish until cont",
				  command_first(destination, "cont", destination->received.ns)};

	span_part(figures, PLACE_DESTINATION, destination->received.ns, destination->done.ns, &mark,
		  1, "cont until the guest ran");
}

/* Why a figure is not to be had that only a guest which was moved can have, or NULL. */
static const char *why_not_moved(const struct migration *migration)
{
	if (migration_has_moved(migration))
		return NULL;
	switch (migration_outcome(migration)) {
	case OUTCOME_FAILED:
		return "the migration failed";
	case OUTCOME_CANCELLED:
		return "the migration was cancelled";
	case OUTCOME_COMPLETED:
		return migration_is_offline(migration) == ANSWER_YES
			       ? "an offline migration: no guest ran"
			       : NULL;
	default:
		return NULL;
	}
}

/* Whether what the side knows of the downtime is right, though the whole may not be known. */
static bool knows_part(const struct half *half)
{
	const struct instant *from = half->side == SIDE_SOURCE ? &half->stopped : &half->received;
	const struct instant *to = half->side == SIDE_SOURCE ? &half->sent : &half->done;

	return !half->has_uuid_conflict && from->known && to->known && !hole_since(half, from->ns);
}

/* They add up to the downtime where that is known; else they are as much of it as was seen. */
static void parts_find(const struct migration *migration, struct figures *figures)
{
	const struct half *source = migration->source, *destination = migration->destination;
	bool left_paused = migration_left(migration) == LEFT_PAUSED;

	if (why_not_moved(migration) || migration_is_recovery(migration) == ANSWER_YES ||
	    left_paused || migration->is_doubled)
		return;
	if (source && knows_part(source))
		parts_of_source(source, figures);
	if (figures->transfer.known)
		part_add(figures, PLACE_TRANSFER, "hand-over to the destination",
			 figures->transfer);
	if (destination && knows_part(destination))
		parts_of_destination(destination, figures);
}

/* A guest that could not be moved stood still from its STOP until it was started again there. */
static struct quantity halt_of(const struct half *source)
{
	const char *hole =
		recording_hole(source->recording, half_uuid(source),
			       source->halted.known ? source->halted.ns : half_begin_ns(source),
			       half_end_ns(source));

	if (hole)
		return quantity_unknown(hole);
	if (source->has_no_qemu)
		return quantity_unknown("the source's QEMU ended");
	if (!source->resumed.known)
		return quantity_unknown(source->halted.known
						? "the guest was stopped, and not started again"
						: "the guest was not stopped");
	if (!source->halted.known)
		return quantity_unknown("no STOP of the guest was seen");
	return quantity_exact(source->resumed.ns - source->halted.ns,
			      "STOP until it was started again on the source");
}

static void figures_of_unmoved(const struct migration *migration, const char *why,
			       struct figures *figures)
{
	const struct half *source = migration->source;

	figures->elapsed = figures->elapsed_net = figures->transfer = quantity_unknown(why);
	if (!figures->clocks.offset.known)
		figures->clocks.offset = quantity_unknown(why);
	figures->downtime = quantity_unknown(why);
	if (source && migration_outcome(migration) != OUTCOME_COMPLETED)
		figures->downtime = halt_of(source);
	figures->downtime_net = figures->downtime;
}

struct figures figures_of(const struct migration *migration)
{
	const struct instant none = {0};
	const struct half *source = migration->source;
	const char *why;
	struct figures figures = {
		.lost_events = half_lost(source) + half_lost(migration->destination),
		.blackout = quantity_unknown("QEMU itself is not probed"),
		.clocks.verdict = CLOCK_UNBOUNDED,
		.stalls = stalls_of(migration),
		.hole = either(source ? half_hole(source) : NULL,
			       migration->destination ? half_hole(migration->destination) : NULL),
	};

	why = why_not(migration, NULL, NULL);
	if (why)
		figures.transfer = figures.clocks.offset = quantity_unknown(why);
	else
		clocks_find(source, migration->destination, &figures.clocks, &figures.transfer);
	figures.elapsed_net =
		net_of(migration, source ? &source->start : &none, "the job's start was not seen");
	figures.downtime_net =
		net_of(migration, source ? &source->stopped : &none,
		       migration_left(migration) == LEFT_PAUSED ? "the guest did not run"
								: "no STOP of the guest was seen");
	figures.elapsed = whole_of(migration, &figures.elapsed_net, &figures.transfer);
	figures.downtime = whole_of(migration, &figures.downtime_net, &figures.transfer);
	why = why_not_moved(migration);
	if (why)
		figures_of_unmoved(migration, why, &figures);
	parts_find(migration, &figures);
	return figures;
}
