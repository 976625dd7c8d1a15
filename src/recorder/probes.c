/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files the recorder probes, at first and later, and what it lacks. */
#include <errno.h>

#include "base/diag.h"
#include "base/time.h"
#include "recorder/state.h"
#include "recorder/unprobed.h"

/* Warns of what lacks. Returns whether there can be a downtime with what is probed; NULL: nothing
 * is.
 */
static bool target_check(enum probe_file file, const struct target *target)
{
	if (!target)
		return file == PROBE_QEMU;
	unprobed_warn(&target->points);
	return !points_lack_vital(&target->points);
}

/* Says once that there is more than can be probed, whatever comes later: that is no lesser failure
 * than that of a vital probe, but of those files alone. */
static void recorder_full(struct recorder *recorder)
{
	if (!recorder->is_full)
		diag("more daemons, or builds of libvirt and QEMU, than can be probed at a time: "
		     "what the others do is not recorded; --netns or --mntns records some of them");
	recorder->is_full = true;
}

/* Looks for the probes of a file, and attaches them. Returns the same of it. */
static bool recorder_probe(struct recorder *recorder, const struct daemon_file *file,
			   struct target **target)
{
	int err = target_probe(&recorder->look, recorder->tracer, file, target);

	if (err)
		*target = NULL;
	if (err != -ENOSPC)
		return target_check(file->file, *target);
	recorder_full(recorder);
	return true;
}

/* Attaches to the files of the daemons. Returns whether all that is vital is probed. */
static bool recorder_attach(struct recorder *recorder, const struct daemons *daemons,
			    struct target **targets)
{
	bool is_whole = true;

	for (size_t i = 0; i < daemons->file_count; i++)
		if (!recorder_probe(recorder, &daemons->files[i], &targets[i]))
			is_whole = false;
	return is_whole;
}

bool recorder_may_begin(struct recorder *recorder, const struct daemons *daemons,
			struct target **targets)
{
	size_t probed = 0;

	daemons_warn(daemons, &recorder->settings->probe.host);
	recorder->has_lost |= daemons->has_unseen;
	if (daemons->is_full)
		recorder_full(recorder);
	recorder->is_whole = recorder_attach(recorder, daemons, targets) && !daemons->refused;
	for (size_t i = 0; i < daemons->file_count; i++)
		probed += targets[i] != NULL;
	if (!recorder->is_whole && !recorder->settings->best_effort)
		diag("the downtime cannot be measured without it; --best-effort "
		     "records the rest");
	return recorder->is_whole ? probed || !daemons->pid_count
				  : probed && recorder->settings->best_effort;
}

/* Says once that a daemon's files cannot be opened: others may be there as well. */
static void recorder_refused(struct recorder *recorder, int err)
{
	if (err && recorder->is_whole)
		daemons_warn_error(-err, &recorder->settings->probe.host);
	if (err)
		recorder->is_whole = false;
}

void recorder_rescan(struct recorder *recorder)
{
	const struct prober_found *found;

	rescan_done(&recorder->rescan, time_now_ns());
	recorder_consume(recorder); /* of what is given back nothing is left in the ring buffer */
	while (!prober_next(recorder->prober, &found)) {
		if (found->is_full)
			recorder_full(recorder);
		if (found->is_last) {
			job_stats_listen(recorder, found->pids, found->pid_count);
			recorder_refused(recorder, found->refused);
			if (found->is_pending)
				rescan_started(&recorder->rescan, time_now_ns());
			return;
		}
		if (!found->is_full &&
		    !target_check(found->file, found->has_target ? &found->target : NULL))
			recorder->is_whole = false;
		if (found->has_target)
			recorder_target(recorder, &found->target);
	}
}
