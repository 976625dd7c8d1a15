/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One side (source or destination) of one migration: its events and its key timestamps. */
#include "core/side/side.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/cookie.h"
#include "core/side/aftermath.h"
#include "core/side/closed.h"
#include "core/side/domain.h"
#include "core/side/grace.h"
#include "core/side/instants.h"
#include "core/side/qemu.h"

const struct mt_event *side_first(const struct side *side, enum mt_kind kind, enum mt_edge edge,
				  int64_t from_ns)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];

		if (event->kind == kind && event->edge == edge &&
		    (int64_t)event->ktime_ns >= from_ns)
			return event;
	}
	return NULL;
}

const struct mt_event *side_last(const struct side *side, enum mt_kind kind, enum mt_edge edge,
				 int64_t from_ns, int64_t to_ns)
{
	for (size_t i = side->count; i-- > 0;) {
		const struct mt_event *event = side->events[i];

		if (event->kind == kind && event->edge == edge &&
		    (int64_t)event->ktime_ns >= from_ns && (int64_t)event->ktime_ns <= to_ns)
			return event;
	}
	return NULL;
}

bool side_is_unconfirmed(const struct side *side)
{
	const struct phase *confirm = &side->phase[PHASE_CONFIRM];

	return side->role == ROLE_SOURCE && !side->is_p2p &&
	       side->phase[PHASE_PERFORM].result == PHASE_WORKED && !confirm->began &&
	       !confirm->ended;
}

/* Returns the last that the side's daemon said of its domain in that time. */
static const struct job_stats *job_stats_in(const struct side *side, bool is_event, int64_t from_ns,
					    int64_t to_ns)
{
	const struct recording *recording = side->recording;

	for (size_t i = recording->job_stats_count; i-- > 0;) {
		const struct job_stats *job = &recording->job_stats[i];

		if (job->is_event == is_event && job->pid == side->events[0]->tgid &&
		    !memcmp(job->uuid, side_uuid(side), MT_UUID) && job->end_ns >= from_ns &&
		    job->end_ns <= to_ns)
			return job;
	}
	return NULL;
}

const struct job_stats *side_job_asked(const struct side *side)
{
	assert(side->count);
	return job_stats_in(side, false, (int64_t)side->events[0]->ktime_ns,
			    (int64_t)side->events[side->count - 1]->ktime_ns);
}

/*
 * The daemon gives the event when the source's job is complete, and its loop sends it a little
 * later: before the last reply, or after. No other job can complete there meanwhile, as the guest
 * would have to come back first.
 */
const struct job_stats *side_job_event(const struct side *side)
{
	const struct mt_event *complete = side->phase[PHASE_COMPLETE].began;

	if (side->role != ROLE_SOURCE)
		return NULL;
	return job_stats_in(side, true, (int64_t)(complete ? complete : side->events[0])->ktime_ns,
			    (int64_t)side->events[side->count - 1]->ktime_ns + GRACE_EVENT_NS);
}

const struct job_stats *side_job_stats(const struct side *side)
{
	const struct job_stats *asked = side_job_asked(side), *event;

	if (asked && !asked->error[0] && asked->reported.type == JOB_COMPLETED)
		return asked;
	event = side_job_event(side);
	return event ? event : asked;
}

const char *side_hole(const struct side *side)
{
	return recording_hole(side->recording, side_uuid(side), (int64_t)side->events[0]->ktime_ns,
			      (int64_t)side->events[side->count - 1]->ktime_ns);
}

static int order_compare(const void *a, const void *b)
{
	const struct mt_event *x = *(const struct mt_event *const *)a;
	const struct mt_event *y = *(const struct mt_event *const *)b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return domain_compare(a, b);
}

/* Where the search stands: the side that is going on, if any, and what its job has had. */
struct search {
	struct sides *sides;
	struct side *current;
	struct job job;
};

static bool is_same_domain(const struct side *side, const struct mt_event *event)
{
	return side->events[0]->tgid == event->tgid &&
	       !memcmp(side->events[0]->uuid, event->uuid, MT_UUID);
}

static void side_end(struct side *side, enum ending_cause cause, const struct mt_event *event)
{
	assert(cause > ENDING_NONE && cause < ENDING_RECORDING);
	side->ending = (struct ending){cause, (int64_t)event->ktime_ns, true};
}

static void search_feed(struct search *search, const struct recording *recording,
			const struct mt_event *const *at)
{
	struct side *side;
	struct job_step step;

	if (search->current && !is_same_domain(search->current, *at)) {
		search->current = NULL;
		search->job = (struct job){0};
	}
	step = job_feed(&search->job, *at);
	assert(search->current || !step.ended_before);
	if (step.ended_before)
		side_end(search->current, step.ended_before, *at);
	if (!step.is_in)
		return;
	if (step.begins) {
		search->current = &search->sides->side[search->sides->count++];
		*search->current = (struct side){
			.role = search->job.role, .recording = recording, .events = at};
	}
	side = search->current;
	assert(side->events + side->count == at && side->role == search->job.role);
	side->count++;
	side->is_p2p = search->job.is_p2p;
	side->returned_ns = (int64_t)search->job.returned_ns;
	if (step.ends) {
		side_end(side, ENDING_REPLIED, *at);
		search->current = NULL;
	}
}

/* The thread's access check, the domain object and the cookie name the domain: all
 * have to agree. */
static bool uuid_conflicts(const struct side *side)
{
	uint8_t uuid[MT_UUID];

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];

		if (event->uuid_check == MT_DISAGREES)
			return true;
		if (cookie_is_in(event) && cookie_uuid(event, uuid) &&
		    memcmp(uuid, event->uuid, MT_UUID))
			return true;
	}
	return false;
}

/* Where its daemon's name cannot be asked for, as in another container, its cookies have it. */
static void host_name(struct side *side)
{
	for (size_t i = 0; i < side->count && !side->host[0]; i++)
		if (side->events[i]->kind == MT_COOKIE_FORMAT && cookie_is_in(side->events[i]))
			cookie_host(side->events[i], side->host, sizeof(side->host));
}

/* libvirt closes the monitor of a QEMU that has gone; or that was seen to end by then itself. */
static bool qemu_has_gone(const struct side *side)
{
	int64_t end_ns = aftermath_end_ns(side);
	struct qemu qemu = qemu_of(side);
	struct closing closing = {.close = side_closed(side)};
	const struct mt_event *event = NULL;
	const struct daemon *process = NULL;

	while ((event = aftermath_next(side, event)))
		closing_take(&closing, event);
	if (closing.close)
		return true;
	if (qemu.pid)
		process = recording_daemon(side->recording, qemu.pid,
					   (int64_t)side->events[0]->ktime_ns);
	return process && process->gone_ns && process->gone_ns <= end_ns;
}

static void side_understand(struct side *side)
{
	assert(side->count && side->count <= side->domain.count);
	side->has_uuid_conflict = uuid_conflicts(side);
	host_name(side);
	phases_find(side);
	side->ending = ending_of(side);
	side->has_no_qemu = qemu_has_gone(side);
	instants_find(side);
}

/* What a process did not do in its own code is no call, and no step, of a job. */
static bool is_kernels(const struct mt_event *event)
{
	return event->kind == MT_TCP_STATE || event->kind == MT_SCHED || event->kind == MT_HOLDER ||
	       event->kind == MT_NET_BEGIN || event->kind == MT_NET_END ||
	       event->kind == MT_DISK_BEGIN || event->kind == MT_DISK_END || event->kind == MT_VCPU;
}

int sides_find(const struct recording *recording, struct sides *sides)
{
	struct search search = {.sides = sides};
	size_t count = 0;

	memset(sides, 0, sizeof(*sides));
	if (!recording->event_count)
		return 0;
	sides->order = calloc(recording->event_count, sizeof(*sides->order));
	sides->by_domain = domains_sort(recording);
	sides->side = calloc(recording->event_count, sizeof(*sides->side));
	if (!sides->order || !sides->by_domain || !sides->side)
		return -ENOMEM;
	for (size_t i = 0; i < recording->event_count; i++)
		if (!is_kernels(&recording->events[i]))
			sides->order[count++] = &recording->events[i];
	assert(count <= recording->event_count);
	qsort(sides->order, count, sizeof(*sides->order), order_compare);
	for (size_t i = 0; i < count; i++)
		search_feed(&search, recording, &sides->order[i]);
	assert(sides->count <= count);
	for (size_t i = 0; i < sides->count; i++) {
		sides->side[i].domain = domain_of(sides->by_domain, recording->event_count,
						  side_uuid(&sides->side[i]));
		side_understand(&sides->side[i]);
	}
	return 0;
}

void sides_free(struct sides *sides)
{
	free(sides->side);
	free(sides->order);
	free(sides->by_domain);
	memset(sides, 0, sizeof(*sides));
}
