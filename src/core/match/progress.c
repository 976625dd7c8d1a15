/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Migrations that are going on, one side each, as their events come: to be shown, not measured. */
#include "core/match/progress.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/address.h"
#include "core/event/cookie.h"
#include "core/event/monitor.h"
#include "core/side/qemu.h"

static bool is_of(const struct going *going, const struct recording *recording,
		  const struct mt_event *event)
{
	return going->recording == recording && !memcmp(going->uuid, event->uuid, MT_UUID);
}

static void going_remove(struct progress *progress, size_t index)
{
	assert(index < progress->count);
	free(progress->going[index]->passes);
	free(progress->going[index]);
	progress->going[index] = progress->going[--progress->count];
}

/* QEMU's events and connections name the domain only; libvirt's are of one daemon, too. */
static bool is_daemons(const struct mt_event *event)
{
	return event->kind != MT_TCP_STATE && event->kind != MT_MIGRATION_INFO &&
	       !event_is_qemus(event);
}

/* What QEMU tells here is of the source, of which there may be the destination, too. */
static ptrdiff_t going_find(const struct progress *progress, const struct recording *recording,
			    const struct mt_event *event)
{
	for (size_t i = 0; i < progress->count; i++) {
		const struct going *going = progress->going[i];

		if (is_of(going, recording, event) &&
		    (!is_daemons(event) || going->tgid == event->tgid) &&
		    (!event_is_qemus(event) || going->job.role == ROLE_SOURCE))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* A recorder that floods must not take all memory: what is oldest is not shown any more. */
static void oldest_remove(struct progress *progress)
{
	size_t oldest = 0;

	assert(progress->count == GOING_MAX);
	for (size_t i = 1; i < progress->count; i++)
		if (progress->going[i]->heard_ns < progress->going[oldest]->heard_ns)
			oldest = i;
	going_remove(progress, oldest);
}

static struct going *going_add(struct progress *progress, const struct recording *recording,
			       const struct mt_event *event, int64_t now_ns)
{
	struct going *going = calloc(1, sizeof(*going));

	if (!going)
		return NULL;
	if (progress->count == GOING_MAX)
		oldest_remove(progress);
	going->recording = recording;
	going->tgid = event->tgid;
	memcpy(going->uuid, event->uuid, MT_UUID);
	going->number = ++progress->number;
	going->first_ns = event->ktime_ns;
	going->passes = calloc(1, sizeof(*going->passes)); /* without it, less is shown */
	going->forecast.why_unknown = "no pass over the guest's RAM was seen";
	going->begun_ns = now_ns;
	assert(progress->count < GOING_MAX);
	progress->going[progress->count++] = going;
	return going;
}

static bool number_take(struct opt_i64 *number, uint64_t value)
{
	bool is_new = value <= INT64_MAX && (!number->known || number->v != (int64_t)value);

	if (is_new)
		*number = opt_of((int64_t)value);
	return is_new;
}

static bool info_take(struct going *going, const struct mt_event *event)
{
	bool is_new = number_take(&going->remaining, event->info.remaining_bytes);

	is_new |= number_take(&going->total, event->info.total_bytes);
	is_new |= number_take(&going->kbit_per_s, event->info.kbit_per_s);
	is_new |= number_take(&going->expected_ms, event->info.expected_downtime_ms);
	return is_new;
}

/* The first connection of a source is to the other host: libvirt's, or QEMU's. */
static bool peer_take(struct going *going, const struct mt_event *event)
{
	if (going->job.role != ROLE_SOURCE || going->peer[0])
		return false;
	address_format(event->tcp.peer.address, going->peer, sizeof(going->peer));
	return true;
}

/* Returns whether the name of the domain or of the host that it comes from is new. */
static bool cookie_take(struct going *going, const struct mt_event *event)
{
	bool is_new = false;

	if (!cookie_is_in(event))
		return false;
	if (!going->name[0]) {
		cookie_name(event, going->name, sizeof(going->name));
		is_new = going->name[0];
	}
	if (going->job.role == ROLE_DESTINATION && event->kind == MT_PREPARE && !going->peer[0]) {
		cookie_host(event, going->peer, sizeof(going->peer));
		is_new |= going->peer[0] != '\0';
	}
	return is_new;
}

/* What is foreseen changes with what QEMU does, and what a client has it do: not with all else. */
static void forecast_take(struct going *going, const struct mt_event *event)
{
	if (!going->passes)
		return;
	passes_take(going->passes, event);
	if (event_is_qemus(event) || event->kind == MT_CALL || event->kind == MT_MIGRATION_INFO)
		forecast_of(going->passes, going->passes->now.at_ns, &going->forecast);
}

/* Of QEMU itself: libvirt asks it only if a client asks libvirt. */
static bool ram_take(struct going *going)
{
	if (!going->forecast.why_unknown)
		going->remaining = opt_of(going->forecast.remaining);
	return going->passes;
}

static bool news_take(struct going *going, const struct mt_event *event)
{
	uint64_t pass;

	forecast_take(going, event);
	if (event->kind == MT_QEMU_RAM)
		return ram_take(going);
	if (event->kind == MT_MIGRATION_INFO)
		return info_take(going, event);
	if (event->kind == MT_TCP_STATE)
		return peer_take(going, event);
	if (monitor_event_is(event, "MIGRATION_PASS") && monitor_number(event, "\"pass\": ", &pass))
		return number_take(&going->pass, pass);
	return cookie_take(going, event);
}

enum progress_step progress_feed(struct progress *progress, const struct recording *recording,
				 const struct mt_event *event, int64_t now_ns,
				 struct going **result)
{
	ptrdiff_t at = going_find(progress, recording, event);
	struct going *going = at < 0 ? NULL : progress->going[at];
	struct job job = going ? going->job : (struct job){0};
	struct job_step step = {0};
	enum progress_step told = PROGRESS_NONE;

	*result = NULL;
	if (is_daemons(event))
		step = job_feed(&job, event);
	if (going && step.ended_before) {
		going_remove(progress, (size_t)at);
		going = NULL;
		told = PROGRESS_OVER;
	}
	if (step.begins) {
		going = going_add(progress, recording, event, now_ns);
		told = PROGRESS_BEGUN;
	}
	if (!going)
		return told;
	if (is_daemons(event))
		going->job = job;
	going->heard_ns = now_ns;
	if (step.ends) {
		going_remove(progress, (size_t)going_find(progress, recording, event));
		return PROGRESS_OVER;
	}
	*result = going;
	if (news_take(going, event) && told == PROGRESS_NONE)
		told = PROGRESS_NEWS;
	return told;
}

const struct going *progress_other(const struct progress *progress, const struct going *going)
{
	for (size_t i = 0; i < progress->count; i++) {
		const struct going *other = progress->going[i];

		if (other->job.role != going->job.role &&
		    !memcmp(other->uuid, going->uuid, MT_UUID))
			return other;
	}
	return NULL;
}

size_t progress_ended(struct progress *progress, const struct recording *recording, uint32_t pid)
{
	size_t before = progress->count;

	for (size_t i = progress->count; i-- > 0;)
		if (progress->going[i]->recording == recording && progress->going[i]->tgid == pid)
			going_remove(progress, i);
	assert(progress->count <= before);
	return before - progress->count;
}

/* The next one of the domain may have begun meanwhile. */
static bool is_side(const struct going *going, const struct side *side)
{
	const struct mt_event *first = side->events[0], *last = side->events[side->count - 1];

	return recording_root(going->recording) == side->recording && going->tgid == first->tgid &&
	       !memcmp(going->uuid, first->uuid, MT_UUID) && going->first_ns >= first->ktime_ns &&
	       going->first_ns <= last->ktime_ns;
}

void progress_reported(struct progress *progress, const struct side *side)
{
	for (size_t i = progress->count; side && i-- > 0;)
		if (is_side(progress->going[i], side))
			going_remove(progress, i);
}

size_t progress_drop(struct progress *progress, const struct recording *recording)
{
	size_t before = progress->count;

	for (size_t i = progress->count; i-- > 0;)
		if (progress->going[i]->recording == recording)
			going_remove(progress, i);
	assert(progress->count <= before);
	return before - progress->count;
}

void progress_free(struct progress *progress)
{
	while (progress->count)
		going_remove(progress, progress->count - 1);
}
