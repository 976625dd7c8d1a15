/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of one migration, elapsed to kvmclock_lag: with bounds, or a reason why not. */
#include "core/figures/figures.h"

#include <assert.h>

#include "core/message/tcp.h"
#include "core/standstill/across.h"
#include "core/standstill/announced.h"
#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "core/side/runs.h"

static const char no_source[] = "the source's side was not seen";
static const char no_destination[] = "the destination's side was not seen";

static int64_t side_begin_ns(const struct side *side)
{
	return (int64_t)side->events[0]->ktime_ns;
}

static int64_t side_end_ns(const struct side *side)
{
	return (int64_t)side->events[side->count - 1]->ktime_ns;
}

static uint64_t side_lost(const struct side *side)
{
	return side ? recording_lost(side->recording, side_begin_ns(side), side_end_ns(side)) : 0;
}

/* Returns why the side's instants since that one may not be right, or NULL. */
static const char *hole_since(const struct side *side, int64_t from_ns)
{
	return recording_hole(side->recording, side_uuid(side), from_ns,
			      side->settled.known ? side->settled.ns : side_end_ns(side));
}

static const char ran_already[] = "the guest ran on the destination already";

static const char *either(const char *one, const char *other)
{
	return one ? one : other;
}

/* Returns why there is no instant at which the guest, or its job, was done on the destination. */
static const char *why_not_done(const struct migration *migration)
{
	if (migration_left(migration) == LEFT_PAUSED)
		return "the guest was left paused on the destination";
	return either(side_hole(migration->destination),
		      "the guest's start on the destination was not seen");
}

/* Returns why the figure cannot be had that needs these instants of the sides, or NULL. */
static const char *why_not(const struct migration *migration, const struct src_instant *from,
			   const char *no_from)
{
	const struct side *source = migration->source, *destination = migration->destination;

	if (!source)
		return no_source;
	if (!destination)
		return no_destination;
	if (source->has_uuid_conflict || destination->has_uuid_conflict)
		return "conflicting domain UUIDs";
	if (!source->src.sent.known)
		return either(side_hole(source), "the source's end of Run was not seen");
	if (!destination->dst.received.known)
		return either(side_hole(destination), "the destination's Finish was not seen");
	if (from && migration_is_recovery(migration) == ANSWER_YES)
		return ran_already;
	if (from && !from->known)
		return either(side_hole(source), no_from);
	if (from && !destination->dst.done.known)
		return why_not_done(migration);
	return either(hole_since(source, from ? from->at.v : source->src.sent.at.v),
		      hole_since(destination, destination->dst.received.at.v));
}

/* (sent - from) on the source + (done - received) on the destination: no clock is compared. */
static struct quantity net_of(const struct migration *migration, const struct src_instant *from,
			      const char *no_from)
{
	const struct side *destination = migration->destination;
	const char *why = why_not(migration, from, no_from);
	struct quantity net;

	if (why)
		return quantity_unknown(why);
	assert(from && from->known && migration->source && destination);
	net = span_of_instants(&from->i, &migration->source->src.sent.i,
			       "two spans of one clock each");
	return quantity_shifted(&net, destination->dst.done.at.v - destination->dst.received.at.v);
}

/* The whole is the net figure and the transfer. */
static struct quantity whole_of(const struct migration *migration, const struct quantity *net,
				const struct src_instant *from, const struct clocks *clocks)
{
	if (!net->known)
		return *net;
	assert(from->known && migration->destination->dst.done.known);
	return across_instants(migration, clocks, from, &migration->destination->dst.done);
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
		return migration->source && side_runs(migration->source) == RUNS_YES
			       ? "the guest runs on the source"
			       : NULL;
	}
}

/* Why there is no standstill that has parts: of one that ended where it began there is one only. */
static bool has_parts(const struct migration *migration)
{
	return !why_not_moved(migration) && migration_is_recovery(migration) != ANSWER_YES &&
	       migration_left(migration) != LEFT_PAUSED && !migration->is_doubled;
}

static const char *why_not_resumed(const struct side *source)
{
	if (side_is_untouched(source))
		return "the guest was not stopped";
	return side_runs(source) == RUNS_NO ? "the guest was stopped, and not started again"
					    : "the guest was not seen to start again";
}

/* A guest that could not be moved was down from its STOP until it was started again there. */
static struct quantity halt_of(const struct side *source)
{
	const char *hole = recording_hole(source->recording, side_uuid(source),
					  source->src.halted.known ? source->src.halted.at.v
								   : side_begin_ns(source),
					  side_end_ns(source));

	if (hole)
		return quantity_unknown(hole);
	if (source->has_no_qemu)
		return quantity_unknown("the source's QEMU ended");
	if (!source->src.resumed.known && source->ending.cause == ENDING_DAEMON_GONE)
		return quantity_unknown("the source's libvirt ended meanwhile");
	if (!source->src.resumed.known)
		return quantity_unknown(why_not_resumed(source));
	if (!source->src.halted.known)
		return quantity_unknown("no STOP of the guest was seen");
	return span_of_instants(&source->src.halted.i, &source->src.resumed.i,
				"STOP until it was started again on the source");
}

static void figures_of_unmoved(const struct migration *migration, const char *why,
			       struct figures *figures)
{
	const struct side *source = migration->source;

	figures->elapsed = figures->elapsed_net = figures->transfer = quantity_unknown(why);
	figures->clocks.transfer = figures->transfer;
	if (!figures->clocks.offset.known)
		figures->clocks.offset = quantity_unknown(why);
	figures->downtime = quantity_unknown(why);
	if (migration_is_recovery(migration) == ANSWER_YES)
		figures->downtime = quantity_unknown(ran_already);
	else if (source && migration_outcome(migration) != OUTCOME_COMPLETED)
		figures->downtime = halt_of(source);
	figures->downtime_net = figures->downtime;
}

/* Returns why QEMU's events of the standstill may be incomplete, or NULL. */
static const char *standstill_hole(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	return either(source ? side_hole(source) : NULL,
		      destination && migration_has_moved(migration) ? side_hole(destination)
								    : NULL);
}

/* When the guest itself could not run, and where that time went. */
static void standstill_find(const struct migration *migration, struct figures *figures)
{
	const char *hole = standstill_hole(migration);

	blackout_find(migration, &figures->vcpus);
	if (has_parts(migration))
		breakdown_find(migration, &figures->transfer, &figures->vcpus, &figures->breakdown);
	figures->blackout = blackout_time(migration, &figures->clocks, &figures->vcpus);
	if (!figures->vcpus.why && hole)
		figures->blackout = quantity_unknown(hole);
	assert(figures->breakdown.count <= PARTS_MAX);
	figures->overlap = overlap_of(migration, &figures->clocks);
	figures->announced = announced_of(migration);
	network_find(migration, &figures->clocks, &figures->network);
	disks_find_blackout(migration, &figures->clocks, &figures->disks);
	brownout_find(migration, &figures->vcpus, &figures->brownout);
	figures->guest_clock =
		hole ? guest_clock_unknown(hole)
		     : guest_clock_of(migration, &figures->clocks, figures->vcpus.stopped_ns);
	figures->paused = paused_of(migration, &figures->clocks);
	figures->recovery = recovery_of(migration, &figures->clocks);
	figures->expected = expected_of(migration->source);
	figures->mss = migration->source ? tcp_smallest_mss(migration->source) : 0;
}

struct figures figures_of(const struct migration *migration)
{
	static const struct src_instant none;
	const struct side *source = migration->source;
	const struct src_instant *start, *stopped;
	const char *why;
	struct figures figures = {
		.lost_events = side_lost(source) + side_lost(migration->destination),
		.clocks.verdict = CLOCK_UNBOUNDED,
		.stalls = stalls_of(migration),
		.hole = either(source ? side_hole(source) : NULL,
			       migration->destination ? side_hole(migration->destination) : NULL),
	};

	why = why_not(migration, NULL, NULL);
	if (why)
		figures.clocks.transfer = figures.clocks.offset = quantity_unknown(why);
	else
		clocks_find(source, migration->destination, &figures.clocks);
	figures.transfer = figures.clocks.transfer;
	start = source ? &source->src.start : &none;
	stopped = source ? &source->src.stopped : &none;
	figures.elapsed_net = net_of(migration, start, "the job's start was not seen");
	figures.downtime_net =
		net_of(migration, stopped,
		       migration_left(migration) == LEFT_PAUSED ? "the guest did not run"
								: "no STOP of the guest was seen");
	figures.elapsed = whole_of(migration, &figures.elapsed_net, start, &figures.clocks);
	figures.downtime = whole_of(migration, &figures.downtime_net, stopped, &figures.clocks);
	why = why_not_moved(migration);
	if (why)
		figures_of_unmoved(migration, why, &figures);
	standstill_find(migration, &figures);
	return figures;
}

static const struct {
	const char *name;
	size_t offset; /* in struct figures */
} table[FIGURES] = {
	[FIGURE_ELAPSED] = {"elapsed", offsetof(struct figures, elapsed)},
	[FIGURE_ELAPSED_NET] = {"elapsed_net", offsetof(struct figures, elapsed_net)},
	[FIGURE_TRANSFER] = {"transfer", offsetof(struct figures, transfer)},
	[FIGURE_DOWNTIME] = {"downtime", offsetof(struct figures, downtime)},
	[FIGURE_DOWNTIME_NET] = {"downtime_net", offsetof(struct figures, downtime_net)},
	[FIGURE_BLACKOUT] = {"blackout", offsetof(struct figures, blackout)},
	[FIGURE_NETWORK_IN] = {"network_in", offsetof(struct figures, network.in)},
	[FIGURE_NETWORK_OUT] = {"network_out", offsetof(struct figures, network.out)},
	[FIGURE_DISK_BLACKOUT] = {"disk_blackout", offsetof(struct figures, disks.blackout)},
	[FIGURE_BROWNOUT_BEFORE] = {"brownout_before",
				    offsetof(struct figures, brownout.before.lost)},
	[FIGURE_BROWNOUT_AFTER] = {"brownout_after", offsetof(struct figures, brownout.after.lost)},
	[FIGURE_TSC_LAG] = {"tsc_lag", offsetof(struct figures, guest_clock.tsc_lag)},
	[FIGURE_KVMCLOCK_LAG] = {"kvmclock_lag",
				 offsetof(struct figures, guest_clock.kvmclock_lag)},
};

const char *figure_name(size_t figure)
{
	return figure < FIGURES ? table[figure].name : NULL;
}

const struct quantity *figure_get(const struct figures *figures, enum figure figure)
{
	assert(figure < FIGURES);
	assert(table[figure].offset + sizeof(struct quantity) <= sizeof(struct figures));
	return (const struct quantity *)((const char *)figures + table[figure].offset);
}

const struct quantity *figure_whole(const struct figures *figures, enum figure figure)
{
	if (figures->recovery.part == RECOVERY_RESUMED && figure == FIGURE_DOWNTIME)
		return &figures->recovery.downtime;
	if (figures->recovery.part == RECOVERY_RESUMED && figure == FIGURE_ELAPSED)
		return &figures->recovery.elapsed;
	return figure_get(figures, figure);
}
