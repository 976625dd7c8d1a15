/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt would report if its clocks were right: the measured span for each of its numbers. */
#include "core/verdict/truth.h"

#include <assert.h>

#include "core/event/monitor.h"

#include "core/side/qemu.h"

struct quantity truth_downtime(const struct migration *migration, const struct figures *figures)
{
	(void)migration;
	return *figure_whole(figures, FIGURE_DOWNTIME);
}

struct quantity truth_downtime_net(const struct migration *migration, const struct figures *figures)
{
	(void)migration;
	return figures->downtime_net;
}

struct quantity truth_elapsed(const struct migration *migration, const struct figures *figures)
{
	(void)migration;
	return *figure_whole(figures, FIGURE_ELAPSED);
}

struct quantity truth_elapsed_net(const struct migration *migration, const struct figures *figures)
{
	(void)migration;
	return figures->elapsed_net;
}

struct quantity truth_transfer(const struct migration *migration, const struct figures *figures)
{
	(void)migration;
	return figures->transfer;
}

/* Where that function is not found, what it is called after: Confirm, or the reply to Finish. */
static const struct mt_event *source_completes(const struct side *source)
{
	const struct phase *phase = source->phase;

	return phase[PHASE_COMPLETE].began ?: phase[PHASE_CONFIRM].began ?: phase[PHASE_FINISH].reply;
}

/*
 * libvirt stamps the end on the source after it has begun to complete, and before it ends its QEMU.
 * That says so, and its monitor is closed: with libvirt 9.0 at once, with 11.3 when that process
 * has gone, which may take a second.
 */
static int64_t source_ended_ns(const struct side *source, const struct mt_event *complete)
{
	for (size_t i = 0; i < source->count; i++) {
		const struct mt_event *event = source->events[i];

		if (event->ktime_ns > complete->ktime_ns &&
		    (event->kind == MT_MONITOR_CLOSE || monitor_event_is(event, "SHUTDOWN")))
			return (int64_t)event->ktime_ns;
	}
	return 0;
}

/* A recovery goes on with the job that the migration began (qemuMigrationJobContinue). */
static struct opt_i64 job_began_ns(const struct side *source, const struct figures *figures)
{
	if (figures->recovery.part == RECOVERY_RESUMED)
		return figures->recovery.began_ns;
	return source->src.start.known ? opt_of(source->src.start.at.v)
				       : (struct opt_i64){.known = false};
}

struct quantity truth_source_elapsed(const struct migration *migration,
				     const struct figures *figures)
{
	const struct side *source = migration->source;
	const struct mt_event *complete = source_completes(source);
	int64_t ended_ns = complete ? source_ended_ns(source, complete) : 0;
	struct opt_i64 began_ns = job_began_ns(source, figures);

	assert(source->role == ROLE_SOURCE);
	if (!began_ns.known)
		return quantity_unknown("the job's start was not seen");
	if (!ended_ns)
		return quantity_unknown("the source's end of the job was not seen");
	assert(ended_ns > (int64_t)complete->ktime_ns);
	return quantity_between((int64_t)complete->ktime_ns - began_ns.v, ended_ns - began_ns.v,
				"one clock");
}

struct quantity truth_source_elapsed_net(const struct migration *migration,
					 const struct figures *figures)
{
	struct quantity elapsed = truth_source_elapsed(migration, figures);
	const struct quantity *transfer = &figures->transfer;

	if (!elapsed.known || !transfer->known)
		return elapsed.known ? *transfer : elapsed;
	return quantity_between(elapsed.lo_ns - transfer->hi_ns, elapsed.hi_ns - transfer->lo_ns,
				transfer->how);
}

/*
 * QEMU counts from within its migration thread until after it is active: no more than from the
 * state before to whatever is seen of it after that.
 */
struct quantity truth_setup(const struct migration *migration, const struct figures *figures)
{
	const struct qemu qemu = qemu_of(migration->source);
	const struct mt_event *event = NULL, *setup = NULL;
	size_t states = 0;

	(void)figures;
	while ((event = qemu_next(&qemu, event))) {
		assert(states <= 2 && (setup || !states));
		if (states == 2)
			return quantity_between(0, (int64_t)(event->ktime_ns - setup->ktime_ns),
						"QEMU's own states");
		states += event->kind == MT_QEMU_MIGRATION_STATE;
		if (states == 1 && !setup)
			setup = event;
	}
	return quantity_unknown("QEMU's states were not seen");
}
