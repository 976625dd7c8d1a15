/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the guest's CPUs could not run: of each vCPU, and of all. */
#include "core/blackout.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/across.h"
#include "core/outcome.h"

static const char not_probed[] = "QEMU itself is not probed";

/* QEMU names its threads "CPU 3/KVM", if libvirt asks it to. Returns -1 for others. */
static int index_of(const struct mt_event *event)
{
	char name[MT_COMM + 1] = "", *end;
	long index;

	memcpy(name, event->comm, MT_COMM);
	if (strncmp(name, "CPU ", 4))
		return -1;
	index = strtol(name + 4, &end, 10);
	return end > name + 4 && *end == '/' && index >= 0 && index < VCPUS_MAX ? (int)index : -1;
}

/* Returns the vCPU of that index, which is added if it is not there yet; NULL for none. */
static struct vcpu *vcpu_get(struct blackout *blackout, int index)
{
	if (index < 0)
		return NULL;
	for (size_t i = 0; i < blackout->count; i++)
		if (blackout->vcpu[i].index == index)
			return &blackout->vcpu[i];
	if (blackout->count == VCPUS_MAX)
		return NULL;
	blackout->vcpu[blackout->count] = (struct vcpu){.index = index};
	return &blackout->vcpu[blackout->count++];
}

static int64_t stop_ns(const struct mt_event *event)
{
	return (int64_t)(event->earlier_ns ? event->earlier_ns : event->ktime_ns);
}

/* What the vCPUs' threads tell between the order to pause and the run state that says that all did.
 */
static void stops_take(const struct guest *guest, const struct mt_event *stopped,
		       struct blackout *blackout)
{
	const struct mt_event *event = NULL, *pause = NULL;
	struct vcpu *vcpu;

	while ((event = guest_next(guest, event)) && event->ktime_ns <= stopped->ktime_ns) {
		if (event_is_step(event, MT_VCPUS_PAUSE)) {
			pause = event;
			blackout->count = 0;
			blackout->stop.known = false;
		}
		if (!pause || !event_is_step(event, MT_VCPU_STOP))
			continue;
		vcpu = vcpu_get(blackout, index_of(event));
		if (vcpu)
			vcpu->stop = (struct instant){true, stop_ns(event)};
		if (blackout->stop.known && blackout->stop.ns > stop_ns(event))
			continue;
		blackout->stop = (struct instant){true, stop_ns(event)};
		blackout->stop_by = event->earlier_ns ? VCPU_BY_KVM : VCPU_BY_QEMU;
	}
	if (blackout->stop.known)
		return;
	blackout->stop = (struct instant){true, (int64_t)stopped->ktime_ns};
	blackout->stop_by = VCPU_BY_RUN_STATE;
}

/* Of each vCPU the first time that it went into the guest; they are released after the run state.
 */
static void starts_take(const struct guest *guest, const struct mt_event *started,
			struct blackout *blackout)
{
	const struct mt_event *event = started;
	struct vcpu *vcpu;

	while ((event = guest_next(guest, event)) && !event_is_run_state(event, false)) {
		if (!event_is_step(event, MT_VCPU_START))
			continue;
		vcpu = vcpu_get(blackout, index_of(event));
		if (vcpu && !vcpu->start.known)
			vcpu->start = (struct instant){true, (int64_t)event->ktime_ns};
		if (blackout->start.known)
			continue;
		blackout->start = (struct instant){true, (int64_t)event->ktime_ns};
		blackout->start_by = VCPU_BY_QEMU;
	}
	if (blackout->start.known)
		return;
	blackout->start = (struct instant){true, (int64_t)started->ktime_ns};
	blackout->start_by = VCPU_BY_RUN_STATE;
}

/* The last stop before the hand-over that was not taken back. Returns why there is none, or NULL.
 */
static const char *stop_find(const struct half *source, struct blackout *blackout)
{
	int64_t until_ns = source->sent.known ? source->sent.ns : INT64_MAX;
	struct guest guest = guest_of(source);
	const struct mt_event *stopped = guest_runs_last(&guest, false, 0, until_ns);

	if (!guest.pid)
		return not_probed;
	if (!stopped || (source->sent.known &&
			 guest_runs_first(&guest, true, (int64_t)stopped->ktime_ns, until_ns)))
		return "the guest was not stopped";
	stops_take(&guest, stopped, blackout);
	return NULL;
}

static const char *start_find(const struct half *half, int64_t from_ns, struct blackout *blackout)
{
	struct guest guest = guest_of(half);
	const struct mt_event *started = guest_runs_first(&guest, true, from_ns, INT64_MAX);

	if (!guest.pid)
		return not_probed;
	if (!started)
		return "the guest was not started";
	starts_take(&guest, started, blackout);
	return NULL;
}

/* Where it was started again, if it was. */
static const char *either_start_find(const struct migration *migration, struct blackout *blackout)
{
	const struct half *source = migration->source, *destination = migration->destination;
	const char *why;

	if (migration_has_moved(migration))
		return destination
			       ? start_find(destination,
					    destination->received.known ? destination->received.ns
									: 0,
					    blackout)
			       : "the destination's half was not seen";
	if (!source || !blackout->stop.known)
		return "the guest was not started";
	why = start_find(source, blackout->stop.ns, blackout);
	blackout->is_started_on_source = !why;
	return why;
}

void blackout_find(const struct migration *migration, struct blackout *blackout)
{
	const struct half *source = migration->source;
	const char *no_stop, *no_start;

	*blackout = (struct blackout){.count = 0};
	no_stop = source ? stop_find(source, blackout) : "the source's half was not seen";
	no_start = either_start_find(migration, blackout);
	blackout->why = no_stop ? no_stop : no_start;
}

static const char *how_of(const struct blackout *blackout)
{
	if (blackout->stop_by == VCPU_BY_RUN_STATE || blackout->start_by == VCPU_BY_RUN_STATE)
		return "QEMU's run state";
	return blackout->stop_by == VCPU_BY_KVM ? "KVM and QEMU's vCPU threads"
						: "QEMU's vCPU threads";
}

static struct quantity between(const struct migration *migration, const struct clocks *clocks,
			       const struct blackout *blackout, int64_t from_ns, int64_t to_ns)
{
	struct quantity time =
		blackout->is_started_on_source
			? (to_ns < from_ns ? quantity_unknown("it was started before it stopped")
					   : quantity_exact(to_ns - from_ns, ""))
			: across(migration, clocks, from_ns, to_ns);

	if (time.known)
		time.how = how_of(blackout);
	return time;
}

static struct quantity vcpu_time(const struct migration *migration, const struct clocks *clocks,
				 const struct blackout *blackout, const struct vcpu *vcpu)
{
	if (blackout->why)
		return quantity_unknown(blackout->why);
	if (!vcpu->stop.known || !vcpu->start.known)
		return quantity_unknown("it was idle");
	return between(migration, clocks, blackout, vcpu->stop.ns, vcpu->start.ns);
}

struct quantity blackout_time(const struct migration *migration, const struct clocks *clocks,
			      struct blackout *blackout)
{
	for (size_t i = 0; i < blackout->count; i++)
		blackout->vcpu[i].blackout =
			vcpu_time(migration, clocks, blackout, &blackout->vcpu[i]);
	if (blackout->why)
		return quantity_unknown(blackout->why);
	return between(migration, clocks, blackout, blackout->stop.ns, blackout->start.ns);
}

const struct vcpu *blackout_worst(const struct blackout *blackout)
{
	const struct vcpu *worst = NULL;

	for (size_t i = 0; i < blackout->count; i++) {
		const struct vcpu *vcpu = &blackout->vcpu[i];

		if (vcpu->blackout.known &&
		    (!worst || vcpu->blackout.est_ns > worst->blackout.est_ns))
			worst = vcpu;
	}
	return worst;
}
