/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the guest's CPUs could not run: of each vCPU, and of all. */
#include "core/standstill/blackout.h"

#include <assert.h>
#include <string.h>

#include "core/standstill/across.h"
#include "core/match/place_left.h"
#include "core/side/runs.h"

static const char not_probed[] = "QEMU itself is not probed";

/* Returns the vCPU of that index, which is added if it is not there yet; NULL for none. */
static struct vcpu *vcpu_get(struct blackout *blackout, int index)
{
	if (index < 0 || index >= VCPUS_MAX)
		return NULL;
	for (size_t i = 0; i < blackout->count; i++)
		if (blackout->vcpu[i].index == index)
			return &blackout->vcpu[i];
	if (blackout->count == VCPUS_MAX)
		return NULL;
	blackout->vcpu[blackout->count] = (struct vcpu){.index = index};
	return &blackout->vcpu[blackout->count++];
}

/* Under TCG the thread itself is the guest's; under KVM it leaves the guest later than that. */
static struct instant stop_of(const struct mt_event *event)
{
	if (event->earlier_ns)
		return (struct instant){true, (int64_t)event->earlier_ns, 0};
	return (struct instant){event_is_under_tcg(event), (int64_t)event->ktime_ns, 0};
}

/* What is known of the last stop so far. */
struct last_stop {
	struct instant sure; /* the last one that is known when it was */
	int64_t until_ns;    /* none of those that were seen was later */
};

static void stop_take(const struct mt_event *event, struct blackout *blackout,
		      struct last_stop *last)
{
	struct instant stop = stop_of(event);
	int64_t until_ns = stop.known ? stop.ns : (int64_t)event->ktime_ns;
	struct vcpu *vcpu = vcpu_get(blackout, event_vcpu(event));

	if (vcpu) {
		vcpu->is_stopped = true;
		vcpu->stop.i = stop;
	}
	if (until_ns > last->until_ns)
		last->until_ns = until_ns;
	if (stop.known && (!last->sure.known || stop.ns > last->sure.ns)) {
		last->sure = stop;
		blackout->is_by_kvm = event->earlier_ns;
	}
}

/*
 * What the vCPUs' threads show between the order to pause and the run state that says that all did.
 * When the last one left the guest is not known before that was seen of one at least.
 */
static void stops_take(const struct qemu *qemu, const struct mt_event *stopped,
		       struct blackout *blackout)
{
	const struct mt_event *event = NULL;
	struct last_stop last = {.until_ns = INT64_MIN};

	assert(event_is_run_state(stopped, false));
	while ((event = qemu_next(qemu, event)) && event->ktime_ns <= stopped->ktime_ns) {
		if (event_is_step(event, MT_STEP_VCPUS_PAUSE) || event_is_run_state(event, true)) {
			blackout->count = 0;
			last = (struct last_stop){.until_ns = INT64_MIN};
		}
		if (event_is_step(event, MT_STEP_VCPU_STOP))
			stop_take(event, blackout, &last);
	}
	assert(!last.sure.known || last.until_ns >= last.sure.ns);
	blackout->stop.i = last.sure;
	if (last.sure.known)
		blackout->stop.late_ns = last.until_ns - last.sure.ns;
	blackout->stopped_ns = (int64_t)stopped->ktime_ns;
}

/* Of each vCPU the first time that it went into the guest; they are released after
 * the run state. */
static void starts_take(const struct qemu *qemu, const struct mt_event *started,
			struct blackout *blackout)
{
	const struct mt_event *event = started;
	struct vcpu *vcpu;

	assert(event_is_run_state(started, true));
	blackout->released_ns = (int64_t)started->ktime_ns;
	while ((event = qemu_next(qemu, event)) && !event_is_run_state(event, false)) {
		struct instant start = {true, (int64_t)event->ktime_ns, 0};

		if (event_is_step(event, MT_STEP_VCPUS_RELEASE) && !blackout->start.known)
			blackout->released_ns = start.ns;
		if (!event_is_step(event, MT_STEP_VCPU_START))
			continue;
		vcpu = vcpu_get(blackout, event_vcpu(event));
		if (vcpu && !vcpu->is_started) {
			vcpu->is_started = true;
			vcpu->start = start;
		}
		if (!blackout->start.known)
			blackout->start = start;
	}
}

/* A vCPU of which only one of the two was seen may have been the last to stop, or
 * first to start. */
static void unseen_widen(struct blackout *blackout)
{
	bool stops_lack = false, starts_lack = false;

	for (size_t i = 0; i < blackout->count; i++) {
		stops_lack |= !blackout->vcpu[i].is_stopped;
		starts_lack |= !blackout->vcpu[i].is_started;
	}
	if (stops_lack && blackout->stop.known && blackout->stop.at.v < blackout->stopped_ns)
		blackout->stop.late_ns = blackout->stopped_ns - blackout->stop.at.v;
	if (starts_lack && blackout->start.known && blackout->start.ns > blackout->released_ns) {
		blackout->start.late_ns = blackout->start.ns - blackout->released_ns;
		blackout->start.ns = blackout->released_ns;
	}
	assert(blackout->stop.late_ns >= 0 && blackout->start.late_ns >= 0);
}

/* The last stop before the hand-over that was not taken back. Returns why there is
 * none, or NULL. */
static const char *stop_find(const struct side *source, struct blackout *blackout)
{
	int64_t until_ns = source->src.sent.known ? source->src.sent.at.v : INT64_MAX;
	struct qemu qemu = qemu_of(source);
	const struct mt_event *stopped = qemu_runs_last(&qemu, false, 0, until_ns);

	if (!qemu.pid)
		return not_probed;
	if (!stopped || (source->src.sent.known &&
			 qemu_runs_first(&qemu, true, (int64_t)stopped->ktime_ns, until_ns)))
		return side_is_untouched(source) ? "the guest was not stopped"
						 : "the guest was not seen to stop";
	stops_take(&qemu, stopped, blackout);
	return blackout->stop.known ? NULL : "when a vCPU left the guest was not seen";
}

/* Why no start was seen: there was none, or it may have been missed. */
static const char *why_not_started(const struct side *side)
{
	enum runs runs = side_runs(side);

	return runs == RUNS_NO || runs == RUNS_UNTOUCHED ? "the guest was not started"
							 : "the guest was not seen to start";
}

/* If it stopped again before, its first start was not seen. */
static const char *start_find(const struct side *side, int64_t from_ns, struct blackout *blackout)
{
	struct qemu qemu = qemu_of(side);
	const struct mt_event *started = qemu_runs_first(&qemu, true, from_ns, INT64_MAX);

	if (!qemu.pid)
		return not_probed;
	if (!started || qemu_runs_first(&qemu, false, from_ns, (int64_t)started->ktime_ns))
		return why_not_started(side);
	starts_take(&qemu, started, blackout);
	return blackout->start.known ? NULL : "when a vCPU went into the guest was not seen";
}

/* Where it was started again, if it was. */
static const char *either_start_find(const struct migration *migration, struct blackout *blackout)
{
	const struct side *source = migration->source, *destination = migration->destination;
	const char *why;

	if (migration_has_moved(migration))
		return destination ? start_find(destination,
						destination->dst.received.known
							? destination->dst.received.at.v
							: 0,
						blackout)
				   : "the destination's side was not seen";
	if (!source || !blackout->stopped_ns)
		return "the guest was not started";
	why = start_find(source, blackout->stopped_ns + 1, blackout);
	blackout->is_started_on_source = !why;
	return why;
}

void blackout_find(const struct migration *migration, struct blackout *blackout)
{
	const struct side *source = migration->source;
	const char *no_stop, *no_start;

	*blackout = (struct blackout){.count = 0};
	no_stop = source ? stop_find(source, blackout) : "the source's side was not seen";
	no_start = either_start_find(migration, blackout);
	unseen_widen(blackout);
	assert(blackout->count <= VCPUS_MAX);
	blackout->why = no_stop ? no_stop : no_start;
}

static struct quantity between(const struct migration *migration, const struct clocks *clocks,
			       const struct blackout *blackout, const struct src_instant *from,
			       const struct instant *to)
{
	const struct dst_instant on_destination = {.i = *to};
	struct quantity time;

	if (!blackout->is_started_on_source)
		time = across_instants(migration, clocks, from, &on_destination);
	else if (to->ns < from->at.v + from->late_ns)
		time = quantity_unknown("it was started before it stopped");
	else
		time = span_of_instants(&from->i, to, "");
	if (time.known)
		time.how =
			blackout->is_by_kvm ? "KVM and QEMU's vCPU threads" : "QEMU's vCPU threads";
	return time;
}

static struct quantity vcpu_time(const struct migration *migration, const struct clocks *clocks,
				 const struct blackout *blackout, const struct vcpu *vcpu)
{
	if (blackout->why)
		return quantity_unknown(blackout->why);
	if (!vcpu->stop.known || !vcpu->start.known)
		return quantity_unknown(vcpu->is_stopped ? "when it left the guest was not seen"
							 : "it was idle, or not seen");
	return between(migration, clocks, blackout, &vcpu->stop, &vcpu->start);
}

struct quantity blackout_time(const struct migration *migration, const struct clocks *clocks,
			      struct blackout *blackout)
{
	for (size_t i = 0; i < blackout->count; i++)
		blackout->vcpu[i].blackout =
			vcpu_time(migration, clocks, blackout, &blackout->vcpu[i]);
	if (blackout->why)
		return quantity_unknown(blackout->why);
	return between(migration, clocks, blackout, &blackout->stop, &blackout->start);
}
