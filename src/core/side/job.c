/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one side's job of moving a domain begins and ends, event by event. */
#include "core/side/job.h"

#include <assert.h>

#include "core/side/grace.h"

#define PARTY_SOURCE	  1 /* libvirt: QEMU_MIGRATION_SOURCE */
#define PARTY_DESTINATION 2

/* Numbers of libvirt's remote_protocol.x: version 1, 2, 3 and 3 with typed parameters. */
bool is_prepare_proc(uint64_t proc)
{
	return proc == 61 || proc == 108 || proc == 148 || proc == 214 || proc == 215 ||
	       proc == 303 || proc == 304;
}

bool is_tunnel_proc(uint64_t proc)
{
	return proc == 148 || proc == 215 || proc == 304;
}

bool is_finish_proc(uint64_t proc)
{
	return proc == 63 || proc == 109 || proc == 217 || proc == 306;
}

bool is_perform_proc(uint64_t proc)
{
	return proc == 62 || proc == 216 || proc == 305;
}

static bool is_confirm_proc(uint64_t proc)
{
	return proc == 218 || proc == 307;
}

enum belongs {
	BELONGS_SOURCE = ROLE_SOURCE,
	BELONGS_DESTINATION = ROLE_DESTINATION,
	BELONGS_EITHER, /* to whichever side is going on */
};

/* libvirt before 6.9 does not say for which side it formats a cookie. */
static enum belongs cookie_belongs(uint64_t party)
{
	if (party == PARTY_SOURCE)
		return BELONGS_SOURCE;
	return party == PARTY_DESTINATION ? BELONGS_DESTINATION : BELONGS_EITHER;
}

static enum belongs event_belongs(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_BEGIN:
	case MT_PERFORM:
	case MT_RUN:
	case MT_CONFIRM:
	case MT_COMPLETE:
	case MT_RPC_CLIENT_SEND:
	case MT_RPC_CLIENT_RECEIVE:
		return BELONGS_SOURCE;
	case MT_PREPARE:
	case MT_FINISH:
		return BELONGS_DESTINATION;
	case MT_COOKIE_FORMAT:
		return cookie_belongs(event->format.party);
	case MT_RPC_SERVER_SEND:
		return is_prepare_proc(event->rpc.proc) || is_finish_proc(event->rpc.proc)
			       ? BELONGS_DESTINATION
			       : BELONGS_SOURCE;
	default:
		return BELONGS_EITHER;
	}
}

/* A client-driven job begins with Begin, a p2p one with Perform, the destination's with Prepare. */
bool event_begins_job(const struct mt_event *event)
{
	return event->edge == MT_ENTER &&
	       (event->kind == MT_BEGIN || event->kind == MT_PREPARE || event->kind == MT_PERFORM);
}

/* Perform is a part of the job that Begin began. */
static bool is_beginning(const struct job *job, const struct mt_event *event)
{
	return event_begins_job(event) && (event->kind != MT_PERFORM || job->has_performed);
}

/*
 * The reply to the job's last call is its end: what comes after is no part of it. A client confirms
 * only what was performed, and nobody finishes what could not be prepared
 * (virDomainMigrateVersion3Full, qemuMigrationSrcPerformPeer2Peer3).
 */
static bool is_ending(const struct job *job, const struct mt_event *event)
{
	uint64_t proc = event->rpc.proc;

	if (event->kind != MT_RPC_SERVER_SEND)
		return false;
	return is_finish_proc(proc) || is_confirm_proc(proc) ||
	       (is_prepare_proc(proc) && event->rpc.status) ||
	       (is_perform_proc(proc) && (job->is_p2p || event->rpc.status));
}

/* A client confirms only what was performed, and nobody finishes what could not be prepared. */
static bool is_last_return(const struct job *job, const struct mt_event *event)
{
	bool has_failed = event->result.returned < 0;

	if (event->edge != MT_RETURN)
		return false;
	if (job->role == ROLE_DESTINATION)
		return event->kind == MT_FINISH || (event->kind == MT_PREPARE && has_failed);
	return event->kind == MT_CONFIRM ||
	       (event->kind == MT_PERFORM && (job->is_p2p || has_failed));
}

bool event_may_end_job(const struct mt_event *event)
{
	static const struct job source = {.role = ROLE_SOURCE, .is_p2p = true};
	static const struct job destination = {.role = ROLE_DESTINATION};

	return is_last_return(&source, event) || is_last_return(&destination, event);
}

/* Nobody is there any more who could be replied to, or who could call again. */
static bool is_unanswered(const struct job *job, const struct mt_event *event)
{
	return job->returned_ns && event->ktime_ns > job->returned_ns + GRACE_REPLY_NS;
}

/* It belongs to a call that was over before, so that it begins no job. */
static bool is_late_reply(const struct job *job, const struct mt_event *event)
{
	return event->kind == MT_RPC_SERVER_SEND && job->returned_ns && event->earlier_ns &&
	       event->earlier_ns <= job->returned_ns;
}

static enum ending_cause ended_before(const struct job *job, const struct mt_event *event,
				      enum belongs belongs)
{
	if (!job->is_going)
		return ENDING_NONE;
	if (is_beginning(job, event) ||
	    (belongs != BELONGS_EITHER && (enum role)belongs != job->role))
		return ENDING_NEXT_JOB;
	return is_unanswered(job, event) ? ENDING_UNANSWERED : ENDING_NONE;
}

struct job_step job_feed(struct job *job, const struct mt_event *event)
{
	enum belongs belongs = event_belongs(event);
	struct job_step step = {0};

	step.ended_before = ended_before(job, event, belongs);
	job->is_going &= !step.ended_before;
	if (!job->is_going) {
		if (belongs == BELONGS_EITHER || is_late_reply(job, event))
			return step;
		assert(belongs == BELONGS_SOURCE || belongs == BELONGS_DESTINATION);
		*job = (struct job){.is_going = true, .role = (enum role)belongs};
		step.begins = true;
	}
	assert(job->is_going);
	step.is_in = true;
	if (event->kind == MT_PERFORM && event->edge == MT_ENTER) {
		job->has_performed = true;
		job->is_p2p = event->perform.is_p2p;
	}
	if (event->kind == MT_RPC_CLIENT_SEND)
		job->is_p2p = true;
	if (is_last_return(job, event))
		job->returned_ns = event->ktime_ns;
	step.ends = is_ending(job, event);
	job->is_going = !step.ends;
	assert(step.is_in && !(step.ends && job->is_going));
	return step;
}
