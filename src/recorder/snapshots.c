/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's clock snapshots, and what is asked of others at the same time. */
#include "record/snapshot.h"
#include "record/write.h"
#include "recorder/stamps.h"
#include "recorder/state.h"

int64_t recorder_stamp(const struct recorder *recorder, int64_t ns)
{
	return stamp_of(recorder->settings, ns);
}

int64_t recorder_now(const struct recorder *recorder)
{
	return recorder_clock_ns(recorder->settings);
}

uint64_t recorder_lost(const struct recorder *recorder)
{
	return tracer_counts(recorder->tracer).lost + output_lost(recorder->output);
}

void recorder_snapshot(struct recorder *recorder)
{
	struct clock_snapshot snapshot = snapshot_take(recorder_lost(recorder));

	recorder->schedule.snapshot_ns = snapshot.mono_before_ns;
	snapshot.mono_before_ns = recorder_stamp(recorder, snapshot.mono_before_ns);
	snapshot.mono_after_ns = recorder_stamp(recorder, snapshot.mono_after_ns);
	snapshot.raw_ns = stamp_drifted(recorder->settings, snapshot.raw_ns);
	recorder_check(recorder, record_write_snapshot(recorder->out, &snapshot));
}

void recorder_look(struct recorder *recorder)
{
	recorder_snapshot(recorder);
	if (recorder->peer)
		peer_ask(recorder->peer, recorder_now(recorder));
	if (recorder->watcher)
		recorder->watcher->looked(recorder->watcher->arg, recorder_now(recorder));
}
