/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One side of one migration: the events of a domain on one daemon, and the instants that matter. */
#include "core/half.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cookie.h"
#include "core/guest.h"
#include "core/instants.h"

/* How long after its job an event may come: of a daemon that has much to do. */
#define EVENT_AFTER_NS INT64_C(1000000000)
/* How long after its QEMU's end a destination that was not called again is given up. */
#define UNDONE_NS UINT64_C(5000000000)

/* How long after the last event of a source that was performed its client may still confirm. */
#define CONFIRM_NS UINT64_C(30000000000)

const struct mt_event *half_first(const struct half *half, enum mt_kind kind, enum mt_edge edge,
				  int64_t from_ns)
{
	for (size_t i = 0; i < half->count; i++) {
		const struct mt_event *event = half->events[i];

		if (event->kind == kind && event->edge == edge &&
		    (int64_t)event->ktime_ns >= from_ns)
			return event;
	}
	return NULL;
}

const struct mt_event *half_last(const struct half *half, enum mt_kind kind, enum mt_edge edge,
				 int64_t from_ns, int64_t to_ns)
{
	for (size_t i = half->count; i-- > 0;) {
		const struct mt_event *event = half->events[i];

		if (event->kind == kind && event->edge == edge &&
		    (int64_t)event->ktime_ns >= from_ns && (int64_t)event->ktime_ns <= to_ns)
			return event;
	}
	return NULL;
}

const struct mt_event *half_call(const struct half *half, enum mt_kind kind,
				 const struct mt_event **exit)
{
	const struct mt_event *enter = half_last(half, kind, MT_ENTER, 0, INT64_MAX);

	*exit = half_first(half, kind, MT_RETURN, enter ? (int64_t)enter->ktime_ns : 0);
	return enter;
}

bool half_is_unconfirmed(const struct half *half)
{
	const struct mt_event *exit;

	half_call(half, MT_PERFORM, &exit);
	return half->side == SIDE_SOURCE && !half->is_p2p && exit && (int32_t)exit->arg[0] >= 0 &&
	       !half_first(half, MT_CONFIRM, MT_ENTER, 0) &&
	       !half_first(half, MT_CONFIRM, MT_RETURN, 0);
}

/* Returns the last that the half's daemon said of its domain in that time. */
static const struct job_stats *job_stats_in(const struct half *half, bool is_event, int64_t from_ns,
					    int64_t to_ns)
{
	const struct recording *recording = half->recording;

	for (size_t i = recording->job_stats_count; i-- > 0;) {
		const struct job_stats *job = &recording->job_stats[i];

		if (job->is_event == is_event && job->pid == half->events[0]->tgid &&
		    !memcmp(job->uuid, half_uuid(half), MT_UUID) && job->end_ns >= from_ns &&
		    job->end_ns <= to_ns)
			return job;
	}
	return NULL;
}

const struct job_stats *half_job_asked(const struct half *half)
{
	return job_stats_in(half, false, (int64_t)half->events[0]->ktime_ns,
			    (int64_t)half->events[half->count - 1]->ktime_ns);
}

/*
 * The daemon gives the event when the source's job is complete, and its loop sends it a little
 * later: before the last reply, or after. No other job can complete there meanwhile, as the guest
 * would have to come back first.
 */
const struct job_stats *half_job_event(const struct half *half)
{
	const struct mt_event *complete = half_first(half, MT_COMPLETE, MT_ENTER, 0);

	if (half->side != SIDE_SOURCE)
		return NULL;
	return job_stats_in(half, true, (int64_t)(complete ? complete : half->events[0])->ktime_ns,
			    (int64_t)half->events[half->count - 1]->ktime_ns + EVENT_AFTER_NS);
}

const struct job_stats *half_job_stats(const struct half *half)
{
	const struct job_stats *asked = half_job_asked(half), *event;

	if (asked && !asked->error[0] && asked->reported.type == JOB_COMPLETED)
		return asked;
	event = half_job_event(half);
	return event ? event : asked;
}

/* A client confirms only what was performed. */
bool half_has_ended(const struct half *half)
{
	const struct mt_event *performed = half_last(half, MT_PERFORM, MT_RETURN, 0, INT64_MAX);

	if (half->is_over && !half->gone.known)
		return true;
	if (half->side == SIDE_DESTINATION)
		return half_last(half, MT_FINISH, MT_RETURN, 0, INT64_MAX);
	return (performed && (half->is_p2p || (int32_t)performed->arg[0] < 0)) ||
	       half_last(half, MT_CONFIRM, MT_RETURN, 0, INT64_MAX);
}

const char *half_hole(const struct half *half)
{
	return recording_hole(half->recording, half_uuid(half), (int64_t)half->events[0]->ktime_ns,
			      (int64_t)half->events[half->count - 1]->ktime_ns);
}

static int order_compare(const void *a, const void *b)
{
	const struct mt_event *x = *(const struct mt_event *const *)a;
	const struct mt_event *y = *(const struct mt_event *const *)b;
	int by_uuid;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	by_uuid = memcmp(x->uuid, y->uuid, MT_UUID);
	if (by_uuid)
		return by_uuid;
	if (x->ktime_ns != y->ktime_ns)
		return x->ktime_ns < y->ktime_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Where the search stands: the half that is going on, if any, and what its job has had. */
struct search {
	struct halves *halves;
	struct half *current;
	struct job job;
};

static bool is_same_domain(const struct half *half, const struct mt_event *event)
{
	return half->events[0]->tgid == event->tgid &&
	       !memcmp(half->events[0]->uuid, event->uuid, MT_UUID);
}

static void search_feed(struct search *search, const struct recording *recording,
			const struct mt_event *const *at)
{
	struct job_step step;

	if (search->current && !is_same_domain(search->current, *at)) {
		search->current = NULL;
		search->job = (struct job){0};
	}
	step = job_feed(&search->job, *at);
	if (step.ends_before)
		search->current->is_over = true;
	if (!step.is_in)
		return;
	if (step.begins) {
		search->current = &search->halves->half[search->halves->count++];
		*search->current = (struct half){
			.side = search->job.side, .recording = recording, .events = at};
	}
	search->current->count++;
	search->current->is_over = step.ends;
	if (step.ends)
		search->current = NULL;
}

/* The thread's access check, the domain object and the cookie name the domain: all have to agree.
 */
static bool uuid_conflicts(const struct half *half)
{
	uint8_t uuid[MT_UUID];

	for (size_t i = 0; i < half->count; i++) {
		const struct mt_event *event = half->events[i];

		if (event->uuid_check == MT_DISAGREES)
			return true;
		if (cookie_is_in(event) && cookie_uuid(event, uuid) &&
		    memcmp(uuid, event->uuid, MT_UUID))
			return true;
	}
	return false;
}

/* Where its daemon's name cannot be asked for, as in another container, its cookies have it. */
static void host_name(struct half *half)
{
	for (size_t i = 0; i < half->count && !half->host[0]; i++)
		if (half->events[i]->kind == MT_COOKIE_FORMAT && cookie_is_in(half->events[i]))
			cookie_host(half->events[i], half->host, sizeof(half->host));
}

/* A daemon that has ended goes on with nothing. */
static void half_gone(struct half *half)
{
	const struct mt_event *last = half->events[half->count - 1];
	const struct daemon *daemon =
		recording_daemon(half->recording, last->tgid, (int64_t)last->ktime_ns);

	if (half->is_over || !daemon || !daemon->gone_ns)
		return;
	half->gone = (struct instant){true, daemon->gone_ns, 0};
	half->is_over = true;
}

/*
 * When the source's daemon has gone, nobody calls Finish: the guest that came in is destroyed with
 * the connection (qemuProcessAutoDestroy), which its daemon says of no more than this.
 */
static void half_undone(struct half *half)
{
	const struct mt_event *close = half_last(half, MT_MONITOR_CLOSE, MT_ENTER, 0, INT64_MAX);

	if (half->side != SIDE_DESTINATION || half->is_over || !close ||
	    half_first(half, MT_FINISH, MT_ENTER, 0))
		return;
	half->is_ending = true;
	half->is_over = recording_is_after(half->recording, close->ktime_ns + UNDONE_NS);
}

/* libvirt closes the monitor of a QEMU that has gone; or that was seen to end by then itself. */
static bool qemu_has_gone(const struct half *half)
{
	int64_t last_ns = (int64_t)half->events[half->count - 1]->ktime_ns;
	struct guest guest = guest_of(half);
	const struct daemon *qemu = NULL;

	if (half_first(half, MT_MONITOR_CLOSE, MT_ENTER, 0))
		return true;
	if (guest.pid)
		qemu = recording_daemon(half->recording, guest.pid,
					(int64_t)half->events[0]->ktime_ns);
	return qemu && qemu->gone_ns && qemu->gone_ns <= last_ns;
}

/* Who called has gone, and gets no reply to the last call. */
static void half_unanswered(struct half *half)
{
	const struct mt_event *last = NULL;
	uint64_t ns = REPLY_NS;

	for (size_t i = 0; !half->is_over && i < half->count; i++)
		if (is_last_return(half->events[i], half->side, half->is_p2p))
			last = half->events[i];
	if (!half->is_over && half_is_unconfirmed(half)) {
		last = half->events[half->count - 1];
		ns = CONFIRM_NS;
	}
	if (!last)
		return;
	half->is_ending = true;
	half->is_over = recording_is_after(half->recording, last->ktime_ns + ns);
}

static void half_understand(struct half *half)
{
	half->has_uuid_conflict = uuid_conflicts(half);
	host_name(half);
	half_gone(half);
	half_undone(half);
	half->has_no_qemu = qemu_has_gone(half);
	instants_find(half);
	half_unanswered(half);
}

int halves_find(const struct recording *recording, struct halves *halves)
{
	struct search search = {.halves = halves};
	size_t count = 0;

	memset(halves, 0, sizeof(*halves));
	if (!recording->event_count)
		return 0;
	halves->order = calloc(recording->event_count, sizeof(*halves->order));
	halves->half = calloc(recording->event_count, sizeof(*halves->half));
	if (!halves->order || !halves->half)
		return -ENOMEM;
	for (size_t i = 0; i < recording->event_count; i++)
		if (recording->events[i].kind != MT_TCP_STATE)
			halves->order[count++] = &recording->events[i];
	qsort(halves->order, count, sizeof(*halves->order), order_compare);
	for (size_t i = 0; i < count; i++)
		search_feed(&search, recording, &halves->order[i]);
	for (size_t i = 0; i < halves->count; i++)
		half_understand(&halves->half[i]);
	return 0;
}

void halves_free(struct halves *halves)
{
	free(halves->half);
	free(halves->order);
	memset(halves, 0, sizeof(*halves));
}
