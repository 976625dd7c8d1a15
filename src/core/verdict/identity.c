/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether numbers that libvirt reports are of this migration, or of another job. */
#include "core/verdict/identity.h"

#include <assert.h>
#include <string.h>

#include "core/match/flavour.h"
#include "core/verdict/stamps.h"

#define MS 1000000

bool reported_is_of_role(const struct reported *reported, enum role role)
{
	assert(role == ROLE_SOURCE || role == ROLE_DESTINATION);
	return !reported->operation ||
	       reported->operation ==
		       (role == ROLE_SOURCE ? JOB_OPERATION_OUTGOING : JOB_OPERATION_INCOMING);
}

bool reported_is_of_earlier(const struct reported *reported, const struct side *side)
{
	const struct job_stats *job = side ? side_job_stats(side) : NULL, *at;

	for (size_t i = 0; job && (at = &side->recording->job_stats[i]) < job; i++)
		if (at->end_ns < (int64_t)side->events[0]->ktime_ns && at->pid == job->pid &&
		    !memcmp(at->uuid, job->uuid, MT_UUID) &&
		    reported_is_same(&at->reported, reported))
			return true;
	assert(!job || !side || job->pid == side->events[0]->tgid);
	return false;
}

/* A destination that never heard of the failure has completed. */
bool completed_on(const struct migration *migration, enum role role)
{
	const struct phase *finish;

	if (role == ROLE_SOURCE || !migration->destination)
		return false;
	finish = &migration->destination->phase[PHASE_FINISH];
	return finish->began && !finish->began->finish.is_cancelled &&
	       finish->result == PHASE_WORKED;
}

static bool are_ms_near(int64_t a, int64_t b)
{
	return a - b <= 2 && b - a <= 2;
}

/* On the destination both figures end at one instant: their difference is the source's alone. */
static enum identity destination_identity(const struct side *source,
					  const struct reported *reported)
{
	struct statistics sent = statistics_sent(source);
	int64_t elapsed_ms, downtime_ms, apart_ms;

	if (!reported_ms(reported, REPORTED_ELAPSED, &elapsed_ms) ||
	    !reported_ms(reported, REPORTED_DOWNTIME, &downtime_ms))
		return IDENTITY_UNKNOWN;
	apart_ms = elapsed_ms - downtime_ms;
	if (sent.started.known && sent.stopped.known && sent.stopped.v)
		return are_ms_near(apart_ms, sent.stopped.v - sent.started.v) ? IDENTITY_FITS
									      : IDENTITY_OTHER;
	if (!source->src.start.known || !source->src.stopped.known || source->src.stopped.late_ns)
		return IDENTITY_UNKNOWN;
	return are_ms_near(apart_ms, (source->src.stopped.at.v - source->src.start.at.v) / MS)
		       ? IDENTITY_FITS
		       : IDENTITY_UNKNOWN;
}

static enum identity source_identity(const struct migration *migration,
				     const struct figures *figures, const struct reported *reported)
{
	struct libvirt_stamps stamps = libvirt_stamps_of(migration, figures);
	struct quantity elapsed = truth_source_elapsed(migration, figures);
	int64_t delta_ms, elapsed_ms;

	assert(migration->source && migration->destination);
	if (reported_delta_ms(reported, &delta_ms) && stamps.delta.known &&
	    !are_ms_near(delta_ms, stamps.delta.v))
		return IDENTITY_OTHER;
	if (!elapsed.known || !reported_ms(reported, REPORTED_ELAPSED, &elapsed_ms))
		return IDENTITY_UNKNOWN;
	return quantity_is_near(&elapsed, elapsed_ms * MS - stamps.start_step_ns, ROUNDING_NS,
				ROUNDING_NS)
		       ? IDENTITY_FITS
		       : IDENTITY_OTHER;
}

enum identity reported_identity(const struct migration *migration, const struct figures *figures,
				enum role role, const struct reported *reported)
{
	if (!reported_is_of_role(reported, role))
		return IDENTITY_OTHER;
	if (!migration->source || !migration->destination ||
	    migration_is_postcopy(migration) == ANSWER_YES)
		return IDENTITY_UNKNOWN;
	return role == ROLE_SOURCE ? source_identity(migration, figures, reported)
				   : destination_identity(migration->source, reported);
}
