/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By how much the guest's own clocks are behind after its move. */
#include "core/standstill/guest_clock.h"

#include <assert.h>
#include <string.h>

#include "core/match/place_left.h"
#include "core/side/qemu.h"
#include "core/standstill/across.h"

/* One of both QEMUs, and when it stopped the guest, or started it. */
struct end {
	struct qemu qemu;
	const struct mt_event *turn;
};

static bool is_device(const struct mt_event *event)
{
	return event_is_step(event, MT_STEP_DEVICE_SAVE) ||
	       event_is_step(event, MT_STEP_DEVICE_LOAD);
}

/* Returns what the same thread came to next; of several devices the one after all of them. */
static const struct mt_event *thread_next(const struct qemu *qemu, const struct mt_event *event)
{
	const struct mt_event *next = event;

	while (next && (next = qemu_next(qemu, next)))
		if (next->tid == event->tid && !is_device(next))
			return next;
	return NULL;
}

static const struct mt_event *thread_before(const struct qemu *qemu, const struct mt_event *event)
{
	const struct mt_event *before = NULL, *found = NULL;

	while ((before = qemu_next(qemu, before)) && before != event)
		if (before->tid == event->tid)
			found = before;
	return found;
}

/* Returns that it was between the two; where one is NULL it is not known. */
static struct instant between(const struct mt_event *from, const struct mt_event *to)
{
	if (!from || !to)
		return (struct instant){0};
	assert(from->ktime_ns <= to->ktime_ns);
	return (struct instant){true, (int64_t)from->ktime_ns,
				(int64_t)(to->ktime_ns - from->ktime_ns)};
}

/* Returns the last such step that is not before from and, where there is one, not after to. */
static const struct mt_event *step_last(const struct qemu *qemu, enum mt_step step,
					const struct mt_event *from, const struct mt_event *to)
{
	const struct mt_event *event = from, *found = NULL;

	while ((event = qemu_next(qemu, event)) && (!to || event->ktime_ns <= to->ktime_ns))
		if (event_is_step(event, step))
			found = event;
	return found;
}

static const struct mt_event *step_after(const struct end *end, enum mt_step step)
{
	return qemu_step(&end->qemu, step, (int64_t)end->turn->ktime_ns);
}

/* TCG's TSC is QEMU's own clock, which stops just before the vCPUs do (system/cpus.c, do_vm_stop).
 */
static struct quantity tcg_lag(const struct migration *migration, const struct clocks *clocks,
			       const struct end *source, const struct end *destination)
{
	const struct mt_event *paused =
		step_last(&source->qemu, MT_STEP_VCPUS_PAUSE, NULL, source->turn);
	struct src_instant stopped = {
		.i = between(paused ? thread_before(&source->qemu, paused) : NULL, paused)};
	struct dst_instant started = {
		.i = between(thread_before(&destination->qemu, destination->turn),
			     destination->turn)};

	if (!stopped.known || !started.known)
		return quantity_unknown("when QEMU stopped and started its clock was not seen");
	return across_instants(migration, clocks, &stopped, &started);
}

/*
 * Read of all vCPUs as the guest is stopped (hw/i386/kvm/clock.c), set of each as its registers are
 * loaded, by an offset to the host's. A KVM that still has none from before takes none.
 */
static struct quantity tsc_lag(const struct migration *migration, const struct clocks *clocks,
			       const struct end *source, const struct end *destination)
{
	const struct mt_event *read = step_after(source, MT_STEP_TSC_READ);
	const struct mt_event *loaded =
		step_last(&destination->qemu, MT_STEP_VCPUS_LOADED, NULL, destination->turn);
	const struct mt_event *last =
		loaded ? step_last(&destination->qemu, MT_STEP_TSC_SET, loaded, destination->turn)
		       : NULL;
	const struct mt_event *first =
		last ? qemu_step(&destination->qemu, MT_STEP_TSC_SET, (int64_t)loaded->ktime_ns)
		     : NULL;
	struct src_instant from = {
		.i = between(read, read ? thread_next(&source->qemu, read) : NULL)};
	struct dst_instant to = {.i = between(first, last)};

	if (!from.known)
		return quantity_unknown("when QEMU read the guest's TSC was not seen");
	if (!to.known)
		return quantity_unknown("when KVM set the guest's TSC was not seen");
	if (!first->step.about)
		return quantity_unknown("the destination's KVM gives guests the host's own TSC");
	return across_instants(migration, clocks, &from, &to);
}

/* Read again as it is saved; set as the guest is started (hw/i386/kvm/clock.c). */
static struct quantity kvmclock_lag(const struct migration *migration, const struct clocks *clocks,
				    const struct end *source, const struct end *destination)
{
	const struct mt_event *saves = step_after(source, MT_STEP_DEVICES_SAVE);
	struct src_instant read = {
		.i = between(saves, saves ? thread_next(&source->qemu, saves) : NULL)};
	struct dst_instant set = {.i = between(destination->turn,
					       thread_next(&destination->qemu, destination->turn))};

	if (!step_after(source, MT_STEP_TSC_READ))
		return quantity_unknown("QEMU was not seen to have a KVM clock");
	if (!read.known || !set.known)
		return quantity_unknown("when QEMU read and set KVM's clock was not seen");
	return across_instants(migration, clocks, &read, &set);
}

/* Returns whether the guest is TCG's: its vCPUs' threads are called so. */
static bool is_tcg(const struct qemu *qemu)
{
	const struct mt_event *event = NULL;

	while ((event = qemu_next(qemu, event)))
		if (event_vcpu(event) >= 0 && event_is_under_tcg(event))
			return true;
	return false;
}

struct guest_clock guest_clock_unknown(const char *why)
{
	return (struct guest_clock){quantity_unknown(why), quantity_unknown(why)};
}

/* Returns why it cannot be had, or NULL. */
static const char *why_not(const struct migration *migration, int64_t stopped_ns)
{
	if (!migration_has_moved(migration))
		return "the guest was not moved";
	if (!migration->source || !migration->destination)
		return migration->source ? "the destination's side was not seen"
					 : "the source's side was not seen";
	if (!stopped_ns)
		return "the source's QEMU was not seen to stop the guest";
	/* QEMU reads the clocks of a guest that is paused when that is, and not again. */
	return migration->source->src.stopped.known ? NULL : "the guest was stopped before";
}

struct guest_clock guest_clock_of(const struct migration *migration, const struct clocks *clocks,
				  int64_t stopped_ns)
{
	const char *why = why_not(migration, stopped_ns);
	struct end source, destination;

	if (why)
		return guest_clock_unknown(why);
	assert(migration->source && migration->destination);
	source.qemu = qemu_of(migration->source);
	source.turn = qemu_runs_last(&source.qemu, false, stopped_ns, stopped_ns);
	destination.qemu = qemu_of(migration->destination);
	destination.turn = qemu_runs_first(&destination.qemu, true,
					   migration->destination->dst.received.at.v, INT64_MAX);
	if (!source.turn || !destination.turn)
		return guest_clock_unknown("QEMU was not seen to stop and start the guest");
	assert(event_is_run_state(source.turn, false));
	assert(event_is_run_state(destination.turn, true));
	if (is_tcg(&source.qemu))
		return (struct guest_clock){
			tcg_lag(migration, clocks, &source, &destination),
			quantity_unknown("the guest runs without KVM"),
		};
	return (struct guest_clock){
		tsc_lag(migration, clocks, &source, &destination),
		kvmclock_lag(migration, clocks, &source, &destination),
	};
}
