/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to a guest on a side's host behind a job that nobody saw the end of. */
#include "core/side/aftermath.h"

#include <assert.h>
#include <string.h>

#include "core/side/domain.h"

static bool is_witnessed(const struct side *side)
{
	return side->returned_ns ||
	       (side->ending.is_sure &&
		(side->ending.cause == ENDING_REPLIED || side->ending.cause == ENDING_NEXT_JOB));
}

static bool is_qemus(const struct mt_event *event)
{
	return event->kind == MT_EXIT || event->kind == MT_QEMU_RUN_STATE ||
	       event->kind == MT_QEMU_MIGRATION_STATE;
}

/* Of this host: where one recording has both, the other daemon's events are the other side's. */
static bool is_of_host(const struct side *side, const struct mt_event *event)
{
	uint32_t pid = side->events[0]->tgid;
	const struct daemon *daemon, *later;

	if (is_qemus(event) || event->tgid == pid)
		return true;
	daemon = recording_daemon(side->recording, pid, (int64_t)side->events[0]->ktime_ns);
	later = recording_daemon(side->recording, event->tgid, (int64_t)event->ktime_ns);
	return daemon && later && daemon->gone_ns && daemon->hostuuid[0] &&
	       daemon->gone_ns <= (int64_t)event->ktime_ns &&
	       !strcmp(daemon->hostuuid, later->hostuuid);
}

const struct mt_event *aftermath_next(const struct side *side, const struct mt_event *after)
{
	const struct mt_event *event = after ?: side->events[side->count - 1];

	assert(side->count && event);
	if (is_witnessed(side))
		return NULL;
	while ((event = domain_next(side, event)) && !event_begins_job(event))
		if (is_of_host(side, event))
			return event;
	return NULL;
}

int64_t aftermath_end_ns(const struct side *side)
{
	const struct mt_event *event = side->events[side->count - 1];

	assert(side->count);
	if (is_witnessed(side))
		return (int64_t)event->ktime_ns;
	while ((event = domain_next(side, event)))
		if (event_begins_job(event))
			return (int64_t)event->ktime_ns;
	return INT64_MAX;
}
