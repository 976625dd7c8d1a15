/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is not in a recording did not happen, or only was not seen. */
#include "core/side/unseen.h"

#include <assert.h>

#include "core/side/qemu.h"

#define PROBES_MAX 2

/* By which probes the kinds are seen that are asked for, as
 * src/probe/catalogue.c names them. */
static const char *const probes[MT_KINDS][PROBES_MAX] = {
	[MT_BEGIN] = {"qemuMigrationSrcBegin"},
	[MT_PREPARE] = {"qemuMigrationDstPrepareDirect", "qemuMigrationDstPrepareTunnel"},
	[MT_PERFORM] = {"qemuMigrationSrcPerform"},
	[MT_RUN] = {"qemuMigrationSrcRun"},
	[MT_FINISH] = {"qemuMigrationDstFinish"},
	[MT_CONFIRM] = {"qemuMigrationSrcConfirm"},
	[MT_COMPLETE] = {"qemuMigrationSrcComplete"},
	[MT_START_CPUS] = {"qemuProcessStartCPUs"},
	[MT_SET_STATE] = {"virDomainObjSetState"},
	[MT_MONITOR_SEND] = {"qemu_monitor_send_msg"},
	[MT_MONITOR_EVENT] = {"qemu_monitor_recv_event", "qemu_monitor_send_msg"},
	[MT_MONITOR_CLOSE] = {"qemu_monitor_close"},
	[MT_RPC_CLIENT_SEND] = {"rpc_client_msg_tx_queue"},
	[MT_QEMU_RUN_STATE] = {"vm_state_notify"},
	[MT_QEMU_PAGE_REQUEST] = {"migrate_send_rp_req_pages"},
	[MT_QEMU_PAGE_PLACE] = {"postcopy_place_page"},
};

const char *unseen_probe(enum mt_kind kind, size_t index)
{
	assert(kind < MT_KINDS);
	return index < PROBES_MAX ? probes[kind][index] : NULL;
}

static bool is_probed(const struct recording *recording, enum mt_kind kind)
{
	assert(kind < MT_KINDS && probes[kind][0]);
	for (size_t i = 0; i < PROBES_MAX && probes[kind][i]; i++)
		if (recording_misses(recording, probes[kind][i]))
			return false;
	return true;
}

static bool is_qemus(enum mt_kind kind)
{
	return kind == MT_QEMU_RUN_STATE || kind == MT_QEMU_PAGE_REQUEST ||
	       kind == MT_QEMU_PAGE_PLACE;
}

/* A side that does not begin as a job does was going on already, or has lost its first line. */
static bool is_from_its_begin(const struct side *side)
{
	const struct mt_event *first = side->events[0];

	return event_begins_job(first) && (first->kind != MT_PERFORM || side->is_p2p);
}

const char *unseen_why(const struct side *side, enum mt_kind kind, int64_t from_ns, int64_t to_ns)
{
	const struct recording *recording = side->recording;
	int64_t begin_ns = (int64_t)side->events[0]->ktime_ns;
	int64_t end_ns = (int64_t)side->events[side->count - 1]->ktime_ns;
	const char *why;

	assert(begin_ns <= end_ns);
	if (from_ns < begin_ns && !is_from_its_begin(side))
		return "the job's begin was not seen";
	why = to_ns > end_ns ? side_why_cut_short(side) : NULL;
	if (why)
		return why;
	if (!is_probed(recording, kind))
		return "what would show it is not probed";
	if (is_qemus(kind) && !qemu_of(side).pid)
		return "QEMU itself is not probed";
	return recording_hole(recording, side_uuid(side), from_ns < begin_ns ? begin_ns : from_ns,
			      to_ns > end_ns ? end_ns : to_ns);
}
